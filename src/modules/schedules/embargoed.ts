// Builds embargoed stories in the shape in which they will be public, each of one moment. It shows no other draft.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import { buildTexts, type Texts } from '../articles/document.ts';
import { loadPublished } from '../articles/storing.ts';
import { loadSurroundings } from '../articles/surroundings.ts';
import { listPublishable } from '../desk/publishable.ts';
import { stateOf } from '../desk/publishing.ts';
import type { Schedule } from './schemas.ts';

type Embargo = Pick<Schedule, 'articleId' | 'locale' | 'at' | 'updateType'>;
export interface EmbargoedTexts extends Texts {
  embargoedUntil: string;
}

/** Its translations are those that are public: of others that wait, no partner need know. */
export async function buildEmbargoed(tx: Db, embargoes: readonly Embargo[]): Promise<EmbargoedTexts[]> {
  if (embargoes.length === 0) return [];
  const drafts = await listPublishable(tx, embargoes);
  const stories = embargoes.flatMap(({ articleId, locale, at, updateType }) => {
    const draft = drafts.find((candidate) => candidate.articleId === articleId && candidate.locale === locale);
    return draft ? [{ at, state: stateOf(draft, { updateType: updateType ?? 'major' }, new Date(at)) }] : [];
  });
  const published = await loadPublished(tx, [...new Set(stories.map(({ state }) => state.articleId))]);
  const around = await loadSurroundings(tx, [...stories.map(({ state }) => state), ...published]);
  return stories.map(({ at, state }) => {
    const siblings = published.filter(({ articleId }) => articleId === state.articleId);
    return { ...buildTexts(state, siblings, around), embargoedUntil: at };
  });
}

/** Only what is embargoed and has not been refused. */
export async function findEmbargo(db: Db, articleId: string, locale: string | null): Promise<Embargo | null> {
  const { rows } = await db.execute<Embargo>(sql`
    select article_id as "articleId", locale, update_type as "updateType", ${sql.raw(iso('at'))} as at
    from schedules where article_id = ${articleId} and locale = coalesce(${locale}, (select default_locale from site))
      and action = 'publish' and embargoed and failed_at is null`);
  return rows[0] ?? null;
}
