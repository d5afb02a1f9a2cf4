// Keeps what every save leaves behind: the whole of what was saved, by whom and with what words. Append-only; it changes no draft.
// It imports nothing of the desk, so that merging terms, which changes stories too, can record what it did.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import type { Actor } from '../access/queries.ts';
import { keysOf } from '../desk/queries.ts';

/** What is said of a save beside what was saved. */
export interface Save {
  note?: string | undefined;
  /** The version whose content it brings back. */
  restoredFrom?: number;
}
/** Null for an import, and for what the server does by itself. */
type By = Pick<Actor, 'keyId' | 'userId'> | null;

const said = (by: By, { note, restoredFrom }: Save) =>
  sql`${by?.keyId ?? null}::uuid, ${by?.userId ?? null}::uuid, ${note ?? null}::text, ${restoredFrom ?? null}::int`;
/** Terms by their keys, which stay readable when a term is gone, and lead on when it was merged. */
const NEUTRAL = sql.raw(`jsonb_build_object('kind', a.kind, 'externalId', a.external_id,
  'region', (select key from regions where id = a.region_id), 'regions', ${keysOf('article_regions', 'regions')},
  'tags', ${keysOf('article_tags', 'tags')}, 'byline', ${keysOf('article_contributors', 'contributors')},
  'image', a.image_id, 'rights', a.rights, 'related', a.related_ids, 'follows', a.follows_id, 'originalLocale', a.original_locale, 'extra', a.extra)`);

/** Of what the stories have in every language, as it stands now. */
export async function insertArticleRevisions(db: Db, articleIds: string[], by: By, save: Save = {}): Promise<void> {
  if (articleIds.length === 0) return;
  await db.execute(sql`
    insert into revisions (article_id, version, content, key_id, user_id, note, restored_from)
    select a.id, a.version, ${NEUTRAL}, ${said(by, save)} from articles a where a.id = any(${sql.param(articleIds)}::uuid[])`);
}

/** Of drafts as they stand now. Their bodies are copied within the database: sending them again took 7 % of an import. */
export async function insertDraftRevisions(
  db: Db,
  of: { articleId: string; locale: string }[],
  by: By,
  save: Save = {},
): Promise<void> {
  if (of.length === 0) return;
  await db.execute(sql`
    insert into revisions (article_id, locale, version, content, key_id, user_id, note, restored_from)
    select d.article_id, d.locale, d.version, jsonb_build_object('title', d.title, 'standfirst', d.standfirst, 'slug', d.slug,
      'body', d.body, 'corrections', d.corrections, 'extra', d.extra), ${said(by, save)}
    from unnest(${sql.param(of.map(({ articleId }) => articleId))}::uuid[], ${sql.param(of.map(({ locale }) => locale))}::text[]) as x(article_id, locale)
    join drafts d on d.article_id = x.article_id and d.locale = x.locale`);
}
