// Why a line did not go in, in words for whoever made the file. It refuses none.
import type { Problem, ProblemDetail } from '../../errors.ts';

export interface Refusal {
  line: number;
  reason: string;
}

/** A problem in one line of words: each pointer with what is wrong there. */
export function wordsOf(problem: Problem): string {
  const { errors, detail } = problem.options;
  const words = errors
    ?.map(({ pointer, message }: ProblemDetail) => (pointer ? `${pointer} ${message}` : message))
    .join('; ');
  return words || detail || problem.message;
}
