// Loads the demo newsroom: its site, its taxonomy, its stories by the same way as any import, and made-up views. All of it or nothing.
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { sql } from 'drizzle-orm';
import type { Static } from 'typebox';
import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../db/client.ts';
import { type ContributorType, contributors, contributorTexts } from '../contributors/tables.ts';
import type { FrontInput, Slot } from '../fronts/schemas.ts';
import { fronts } from '../fronts/tables.ts';
import { regions, regionTexts } from '../regions/tables.ts';
import { settleIndex } from '../search/indexing.ts';
import type { LocaleInput, LocalisedText } from '../site/schemas.ts';
import { locales, site } from '../site/tables.ts';
import { type TagType, tags, tagTexts } from '../tags/tables.ts';
import { readBodies, readChunks } from './chunks.ts';
import { importLines } from './importing.ts';
import type { PreparedLine } from './preparing.ts';
import { readLines } from './reading.ts';

const FOLDER = new URL('../../demo/', import.meta.url);

interface Term {
  key: string;
  position?: number;
  texts: Record<string, { name: string; slug: string; tagline?: string }>;
}
type DemoSlot = Omit<Slot, 'pinned'> & { pinned?: string[] };

export interface Newsroom {
  site: Omit<typeof site.$inferSelect, 'id' | 'version' | 'updatedAt'>;
  locales: Static<typeof LocaleInput>[];
  regions: (Term & { parent?: string; countries?: string[] })[];
  tags: (Term & { type: TagType })[];
  contributors: (Term & { type: ContributorType; links?: string[] })[];
  /** What is pinned is named by the external ids of its stories. */
  fronts: (Pick<FrontInput, 'slug' | 'title'> & { description: LocalisedText; slots: DemoSlot[] })[];
}

export const readNewsroom = async (): Promise<Newsroom> =>
  JSON.parse(await readFile(new URL('newsroom.json', FOLDER), 'utf8'));

/** No story is younger. A machine whose clock is behind it gets them all earlier, instead of none. */
const NEWEST = new Date('2026-11-19T08:00:00Z');

/** @returns how many stories and translations were loaded */
export async function loadDemo(db: Db): Promise<number> {
  const newsroom = await readNewsroom();
  const views: Record<string, Record<string, number>> = JSON.parse(
    await readFile(new URL('views.json', FOLDER), 'utf8'),
  );
  return db.transaction(async (tx) => {
    await loadNewsroom(tx, newsroom);
    const { rows } = await tx.execute<{ now: string }>(sql`select extract(epoch from now()) * 1000 as now`);
    const late = Math.min(0, Number(rows[0]?.now) - NEWEST.getTime());
    let stories = 0;
    for await (const read of readChunks(readLines(createReadStream(new URL('stories.ndjson', FOLDER))))) {
      const { lines } = await readBodies(tx, read);
      const { refused, created } = await importLines(
        tx,
        lines.map((line) => shifted(line, late)),
        { strict: true },
      );
      const [wrong] = [...read.refused, ...refused];
      if (wrong) throw new Error(`The demo newsroom is broken: line ${wrong.line}: ${wrong.reason}`);
      stories += created.length;
    }
    await settleIndex(tx);
    await loadViews(tx, views);
    await loadFronts(tx, newsroom.fronts);
    return stories;
  });
}

function shifted(line: PreparedLine, ms: number): PreparedLine {
  if (ms === 0) return line;
  const move = (date: Date | undefined) => date && new Date(date.getTime() + ms);
  const { publishedAt, updatedAt, withdrawn, ...story } = line.story;
  return {
    ...line,
    story: {
      ...story,
      publishedAt: move(publishedAt),
      updatedAt: move(updatedAt),
      withdrawn: withdrawn && { ...withdrawn, at: new Date(withdrawn.at.getTime() + ms) },
    },
  };
}

async function loadNewsroom(tx: Db, newsroom: Newsroom): Promise<void> {
  for (const locale of newsroom.locales) {
    await tx.insert(locales).values(locale).onConflictDoUpdate({ target: locales.tag, set: locale });
  }
  await tx.update(site).set({ ...newsroom.site, version: sql`${site.version} + 1`, updatedAt: sql`now()` });

  const ids = new Map(newsroom.regions.map(({ key }) => [key, uuidv7()]));
  const idOf = (key: string) => ids.get(key) ?? null;
  await tx.insert(regions).values(
    newsroom.regions.map(({ key, position = 0, countries = [], parent }) => ({
      id: idOf(key) ?? uuidv7(),
      key,
      position,
      countries,
      parentId: parent === undefined ? null : idOf(parent),
    })),
  );
  const regionRows = newsroom.regions.map((term) => ({ ...term, id: idOf(term.key) ?? '' }));
  await tx.insert(regionTexts).values(textsOf(regionRows));

  const tagRows = newsroom.tags.map((term) => ({ ...term, id: uuidv7() }));
  await tx.insert(tags).values(tagRows.map(({ id, key, type, position = 0 }) => ({ id, key, type, position })));
  await tx.insert(tagTexts).values(textsOf(tagRows));

  const contributorRows = newsroom.contributors.map((term) => ({ ...term, id: uuidv7() }));
  await tx
    .insert(contributors)
    .values(contributorRows.map(({ id, key, type, position = 0, links = [] }) => ({ id, key, type, position, links })));
  await tx.insert(contributorTexts).values(textsOf(contributorRows));
}

const textsOf = (terms: (Term & { id: string })[]) =>
  terms.flatMap(({ id, texts }) => Object.entries(texts).map(([locale, text]) => ({ termId: id, locale, ...text })));

/** In the hour behind the one in which the story went out. */
async function loadViews(tx: Db, views: Record<string, Record<string, number>>): Promise<void> {
  const rows = Object.entries(views).flatMap(([externalId, byLocale]) =>
    Object.entries(byLocale).map(([locale, count]) => ({ externalId, locale, count })),
  );
  await tx.execute(sql`
    insert into view_counts (article_id, hour, locale, source, views)
    select p.article_id, date_trunc('hour', p.published_at, 'UTC') + interval '1 hour', p.locale, 'web', x.count
    from json_to_recordset(${JSON.stringify(rows)}::json) as x("externalId" text, locale text, count bigint)
    join articles a on a.external_id = x."externalId" join published_articles p on p.article_id = a.id and p.locale = x.locale`);
}

/** As an editor would have made them. */
async function loadFronts(tx: Db, given: Newsroom['fronts']): Promise<void> {
  const pinned = given.flatMap(({ slots }) => slots.flatMap((slot) => slot.pinned ?? []));
  const { rows } = await tx.execute<{ id: string; name: string }>(
    sql`select id, external_id as name from articles where external_id = any(${sql.param(pinned)}::text[])`,
  );
  const idOf = (name: string) => {
    const id = rows.find((row) => row.name === name)?.id;
    if (!id) throw new Error(`The demo newsroom is broken: a front has the story ${name}, which is not there`);
    return id;
  };
  await tx.insert(fronts).values(
    given.map((front, position) => ({
      ...front,
      id: uuidv7(),
      position,
      slots: front.slots.map((slot) => ({
        ...slot,
        pinned: (slot.pinned ?? []).map((name) => ({ articleId: idOf(name), from: null, until: null, position: null })),
      })),
    })),
  );
}
