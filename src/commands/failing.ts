// What a command says where it could not run, so that whoever typed it can put it right. It shows a stack of faults of our own alone.
import { ConfigError } from '../config.ts';

/** A failed statement carries all its parameters in its message: what Postgres said stands in its cause. */
export function wordsOf(error: unknown): string {
  if (error instanceof ConfigError) return error.problems.join('\n');
  if (!(error instanceof Error)) return String(error);
  // Its second sentence is about arguments that begin with a dash, and lacks a quotation mark.
  if ('code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
    return `${error.message.split('. ')[0]} (--help tells more)`;
  if (error.cause instanceof Error && error.message.startsWith('Failed query')) return wordsOf(error.cause);
  return error instanceof TypeError || error instanceof ReferenceError ? (error.stack ?? error.message) : error.message;
}
