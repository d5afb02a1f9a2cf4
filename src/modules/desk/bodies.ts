// Reads the body that an editor sends, in whatever form, before any transaction is open. What is ill-formed becomes a problem with its pointer.
import type { Db } from '../../db/client.ts';
import { invalid, Problem } from '../../errors.ts';
import { BodyProblem } from '../body/problem.ts';
import { readBody } from '../body/reading.ts';
import type { BodyInput, BodyWarning, PortableText } from '../body/schemas.ts';
import { requireLocale, resolveLocales } from './references.ts';
import type { ArticleInput } from './schemas.ts';

export interface ReadBody {
  body: PortableText;
  warnings: BodyWarning[];
}

/** @param pointer where the body stands in the request */
export async function readDraftBody(input: BodyInput | undefined, pointer: string): Promise<ReadBody> {
  if (!input) return { body: [], warnings: [] };
  try {
    const { body, warnings } = await readBody(input);
    return { body, warnings: warnings.map((warning) => ({ ...warning, path: `${pointer}${warning.path ?? ''}` })) };
  } catch (error) {
    if (!(error instanceof BodyProblem)) throw error;
    if (error.code === 'busy')
      throw new Problem('service_unavailable', { detail: error.message, headers: { 'retry-after': '2' } });
    throw invalid({ pointer: `${pointer}${error.path}` }, error.message, error.code);
  }
}

/** Of a note that goes with no change. */
export const noteAlone = (): Problem =>
  invalid({ pointer: '/note' }, 'goes with a change of the text, and there is none', 'alone');

/** All drafts of a new story, by locale or alias. @throws Problem those of resolveLocales(), or what is wrong with a body */
export async function readDrafts(db: Db, given: ArticleInput['locales']) {
  const chosen = await resolveLocales(db, given);
  return Promise.all(
    chosen.map(async ({ locale, pointer, input }) => {
      const { body, warnings } = await readDraftBody(input.body, `${pointer}/body`);
      const { standfirst = null, corrections = [] } = input;
      return {
        warnings,
        draft: { ...input, locale, slugPointer: `${pointer}/slug`, pointer, body, standfirst, corrections },
      };
    }),
  );
}

/**
 * The language that is named as the original, or the first one.
 * @param locales of the drafts
 * @throws Problem unknown_locale, or validation_failed for one without a draft
 */
export async function originalOf(db: Db, given: string | undefined, locales: readonly string[]): Promise<string> {
  const pointer = '/originalLocale';
  const original = given === undefined ? locales[0] : await requireLocale(db, given, { pointer });
  if (original === undefined || !locales.includes(original))
    throw invalid({ pointer }, 'must be one of the languages that are given', 'unknown');
  return original;
}
