// The texts of a term as an editor sends them: locales resolved, slugs proposed or refused. It stores nothing.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { invalid, Problem, type ProblemDetail } from '../../errors.ts';
import { checkSlug, slugOf } from '../articles/slugs.ts';
import { findSlugScripts, listLocales, matchLocales } from '../site/queries.ts';
import { listSlugsLike } from './desk-queries.ts';
import type { Noun, TermText } from './noun.ts';

/** Aliases become tags. @throws Problem unknown_locale with a pointer to each */
export async function resolveTexts<Text>(
  tx: Db,
  given: Record<string, Text>,
  pointer = '/texts',
): Promise<Record<string, Text>> {
  const names = Object.keys(given);
  const tags = matchLocales(await listLocales(tx), names);
  const unknown = names.filter((name) => !tags.has(name));
  if (unknown.length > 0) {
    const errors = unknown.map(
      (name): ProblemDetail => ({
        pointer: `${pointer}/${name}`,
        code: 'unknown',
        message: 'no locale of this newsroom',
      }),
    );
    throw new Problem('unknown_locale', { errors });
  }
  const resolved: Record<string, Text> = {};
  for (const [name, text] of Object.entries(given)) {
    const tag = tags.get(name) ?? name;
    if (tag in resolved) throw invalid({ pointer: `${pointer}/${name}` }, `${tag} is given twice`, 'repeated');
    resolved[tag] = text;
  }
  return resolved;
}

export interface GivenText {
  locale: string;
  given: Partial<TermText>;
  /** What is there; nothing for a new language. */
  current?: TermText | undefined;
}

/**
 * A text as it is to be stored: what is given over what is there.
 * @throws Problem slug_taken for a slug that was given, validation_failed for one that is not spelt as its language does, or a new text without a name
 */
export async function completeText(
  tx: Db,
  noun: Noun,
  term: { id: string; key: string },
  { locale, given, current }: GivenText,
): Promise<TermText> {
  const pointer = `/texts/${locale}`;
  const name = given.name ?? current?.name;
  if (name === undefined) throw invalid({ pointer: `${pointer}/name` }, 'is required for a new language', 'required');
  const tagline = given.tagline === undefined ? (current?.tagline ?? null) : given.tagline;
  const slug = given.slug ?? current?.slug;
  if (slug === undefined) return { name, slug: await proposeSlug(tx, noun, term, locale, name), tagline };
  if (given.slug !== undefined && given.slug !== current?.slug) {
    checkSlug(slug, locale, `${pointer}/slug`);
    const taken = await listSlugsLike(tx, noun, locale, slug, term.id);
    if (taken.has(slug)) {
      throw new Problem('slug_taken', {
        errors: [{ pointer: `${pointer}/slug`, code: 'taken', message: `taken in ${locale}` }],
      });
    }
  }
  return { name, slug, tagline };
}

/** From the name, or from the key where the name has no letter; with a number where it is taken. */
async function proposeSlug(
  tx: Db,
  noun: Noun,
  { id, key }: { id: string; key: string },
  locale: string,
  name: string,
): Promise<string> {
  const base = slugOf(name, locale, (await findSlugScripts(tx, [locale])).get(locale)) || key;
  // Two who propose at once see each other.
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${noun.name}/${locale}/${base}`}, 0))`);
  const taken = await listSlugsLike(tx, noun, locale, base, id);
  let slug = base;
  for (let n = 2; taken.has(slug); n += 1) slug = `${base}-${n}`;
  return slug;
}
