// Makes the locales, regions, tags and contributors that stories name and that do not exist yet. It never changes one that does.
import { sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../db/client.ts';
import { isUuid } from '../../patterns.ts';
import { insertAudit } from '../audit/queries.ts';
import { contributors, contributorTexts } from '../contributors/tables.ts';
import { type FoundTerms, findLocales, findTerms } from '../desk/references.ts';
import { regions, regionTexts } from '../regions/tables.ts';
import { locales } from '../site/tables.ts';
import { tags, tagTexts } from '../tags/tables.ts';
import { describeLanguage, type Language } from './languages.ts';
import type { NamedTerm, PreparedLine } from './preparing.ts';

/** Keys and locales that did not exist. */
export interface Made {
  locales: string[];
  regions: string[];
  tags: string[];
  contributors: string[];
}
export const nothingMade = (): Made => ({ locales: [], regions: [], tags: [], contributors: [] });

/** The newsroom's tag, and what has to be made of it where there is none yet. */
export interface PlacedLocale {
  tag: string;
  missing: Language | null;
}

/** @returns for each locale as it was written; absent where it is no language, or unknown and `strict` */
export async function findPlaces(db: Db, given: string[], strict: boolean): Promise<ReadonlyMap<string, PlacedLocale>> {
  const wanted = new Map([...new Set(given)].map((name) => [name, describeLanguage(name)]));
  const known = await findLocales(db, [
    ...new Set([...wanted].flatMap(([name, language]) => (language ? [name, language.tag] : [name]))),
  ]);
  const places = new Map<string, PlacedLocale>();
  for (const [name, language] of wanted) {
    const tag = known.get(name) ?? (language && known.get(language.tag));
    if (tag) places.set(name, { tag, missing: null });
    else if (language && !strict) places.set(name, { tag: language.tag, missing: language });
  }
  return places;
}

export async function makeLocales(tx: Db, languages: Language[], made: Made): Promise<void> {
  const each = new Map(languages.map((one) => [one.tag, one]));
  for (const language of [...each.values()].sort((a, b) => (a.tag < b.tag ? -1 : 1))) {
    await tx
      .insert(locales)
      .values({ ...language, position: sql`(select coalesce(max(position), 0) + 1 from locales)` })
      .onConflictDoNothing();
    await insertAudit(tx, null, [
      { action: 'locale.create', entity: 'locale', entityId: language.tag, after: language },
    ]);
    made.locales.push(language.tag);
  }
}

type Noun = keyof FoundTerms;
interface NewTerm {
  key: string;
  name: string;
  locale: string;
  /** Of a contributor. */
  type?: NamedTerm['type'];
}
const TABLES = {
  regions: { terms: regions, texts: regionTexts, entity: 'region', extra: {} },
  tags: { terms: tags, texts: tagTexts, entity: 'tag', extra: { type: 'topic' } },
  // Agencies are what bylines of imported stories name most; an editor can make it a person.
  contributors: {
    terms: contributors,
    texts: contributorTexts,
    entity: 'contributor',
    extra: { type: 'organisation' },
  },
} as const;

const termsIn = (lines: PreparedLine[]) => ({
  regions: lines.flatMap(({ story }) => [...(story.regions ?? []), ...(story.region ? [story.region] : [])]),
  tags: lines.flatMap(({ story }) => story.tags ?? []),
  byline: lines.flatMap(({ story }) => story.byline ?? []),
});

type Missing = Record<Noun, Map<string, NewTerm>>;

function missingOf(found: FoundTerms, lines: PreparedLine[], localeOf: (line: PreparedLine) => string): Missing {
  const missing: Missing = { regions: new Map(), tags: new Map(), contributors: new Map() };
  for (const line of lines) {
    const { region, regions: places = [], tags: topics = [], byline = [], bylineNames, named } = line.story;
    const note = (noun: Noun, key: string, given?: Partial<NamedTerm>) => {
      const { name = key, type } = given ?? {};
      // What looks like an id would be an odd key: it is one that does not exist.
      if (Object.hasOwn(found[noun], key) || missing[noun].has(key) || isUuid(key)) return;
      missing[noun].set(key, {
        key,
        name: name === key ? nameOf(key) : name,
        locale: localeOf(line),
        ...(type && { type }),
      });
    };
    const like = (terms: NamedTerm[] | undefined, key: string) => terms?.find((term) => term.key === key);
    for (const key of [...places, ...(region ? [region] : [])]) note('regions', key, like(named?.regions, key));
    for (const key of topics) note('tags', key, like(named?.tags, key));
    for (const [index, key] of byline.entries())
      note('contributors', key, like(named?.byline, key) ?? { name: bylineNames[index] ?? key });
  }
  return missing;
}

/** Whether all that these lines name exists. */
export async function areAllThere(db: Db, lines: PreparedLine[]): Promise<boolean> {
  const places = await findPlaces(
    db,
    lines.map(({ story }) => story.locale),
    false,
  );
  if ([...places.values()].some(({ missing }) => missing)) return false;
  const missing = missingOf(await findTerms(db, termsIn(lines)), lines, ({ story }) => story.locale);
  return Object.values(missing).every((terms) => terms.size === 0);
}

/** What the lines name, by key; what is missing is made unless `strict`. @param localeOf the newsroom's tag of a line */
export async function prepareTerms(
  tx: Db,
  lines: PreparedLine[],
  localeOf: (line: PreparedLine) => string,
  strict: boolean,
  made: Made,
): Promise<FoundTerms> {
  const given = termsIn(lines);
  const found = await findTerms(tx, given);
  if (strict) return found;
  const missing = missingOf(found, lines, localeOf);
  let any = false;
  for (const noun of ['regions', 'tags', 'contributors'] as const) {
    if (missing[noun].size === 0) continue;
    // In one order everywhere: two imports that make the same terms then wait for each other in turn, never in a circle.
    await makeTerms(
      tx,
      noun,
      [...missing[noun].values()].sort((a, b) => (a.key < b.key ? -1 : 1)),
    );
    made[noun].push(...missing[noun].keys());
    any = true;
  }
  return any ? findTerms(tx, given) : found;
}

const nameOf = (key: string) => key.charAt(0).toUpperCase() + key.slice(1).replaceAll('-', ' ');

async function makeTerms(tx: Db, noun: Noun, wanted: NewTerm[]): Promise<void> {
  const { terms, texts, entity, extra } = TABLES[noun];
  const { rows: site } = await tx.execute<{ locale: string }>(sql`select default_locale as locale from site`);
  const defaultLocale = site[0]?.locale ?? 'en';
  const rows = wanted.map((term) => ({ ...term, id: uuidv7() }));
  const inserted = await tx
    .insert(terms as PgTable)
    .values(rows.map(({ id, key, type }) => ({ id, key, ...extra, ...(type && { type }) })))
    .onConflictDoNothing()
    .returning({ id: terms.id });
  const ids = new Set(inserted.map(({ id }) => id));
  const fresh = rows.filter(({ id }) => ids.has(id));
  const named = fresh.flatMap(({ id, key, name, locale }) =>
    [...new Set([locale, defaultLocale])].map((tag) => ({ termId: id, locale: tag, name, slug: key })),
  );
  if (named.length === 0) return;
  const placed = await tx
    .insert(texts as PgTable)
    .values(named)
    .onConflictDoNothing()
    .returning({ termId: texts.termId, locale: texts.locale });
  const done = new Set(placed.map(({ termId, locale }) => `${termId}/${locale}`));
  const taken = named.filter(({ termId, locale }) => !done.has(`${termId}/${locale}`));
  if (taken.length > 0) {
    await tx
      .insert(texts as PgTable)
      .values(taken.map((text) => ({ ...text, slug: `${text.slug}-${text.termId.slice(-12)}` })));
  }
  await insertAudit(
    tx,
    null,
    fresh.map(({ id, key, name, type }) => ({
      action: `${entity}.create`,
      entity,
      entityId: id,
      after: { key, name, ...extra, ...(type && { type }) },
    })),
  );
}
