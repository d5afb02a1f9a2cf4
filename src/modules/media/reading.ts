// SQL of pictures for readers: the object that stands in answers, and single ones. Nothing but what a published story shows is found.
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { localeChain } from '../site/fallback.ts';
import { LOCALE_OF } from '../site/queries.ts';

/**
 * SQL json: the public object of picture `m`.
 * @param chain SQL text[] of locales, as localeChain() makes it
 */
export const mediaJson = (chain: string) => `(select row_to_json(o) from (
  select m.id, m.type, m.url, m.mime_type as "mimeType", m.width, m.height, m.bytes, m.focal_point as "focalPoint",
    best.locale, coalesce(best.text ->> 'alt', '') as alt, best.text ->> 'caption' as caption, best.text ->> 'credit' as credit,
    (select coalesce(json_agg(json_build_object('locale', l.tag, 'alt', x.text -> 'alt', 'caption', x.text -> 'caption', 'credit', x.text -> 'credit')
      order by l.position, l.tag), '[]') from jsonb_each(m.texts) x(locale, text) join locales l on l.tag = x.locale) as translations
  from (select) one left join lateral (
    select x.locale, x.text from jsonb_each(m.texts) x(locale, text)
    order by array_position(${chain}, x.locale), x.locale collate "C" limit 1
  ) best on true) o)`;

export interface FoundMedia {
  /** The locale that is meant; null where there is none such. */
  locale: string | null;
  /** JSON object; null where no published story shows such a picture. */
  item: string | null;
  /** Language of its texts. */
  language: string | null;
  /** A story that shows it. */
  shownBy: string | null;
}
const BY_ID: Statement = {
  name: 'media_by_id',
  text: `select w.locale, f.item::text as item, f.item ->> 'locale' as language, f."shownBy"
    from (select w.locale, ${localeChain('w.locale')} as chain from (select ${LOCALE_OF('$2')} as locale) w) w
    left join lateral (select p.article_id as "shownBy", ${mediaJson('w.chain')} as item from media m
      join published_articles p on p.image_id = m.id where m.id = $1 order by p.article_id limit 1) f on true`,
};

export async function findShownMedia(db: PublicDb, id: string, locale: string | null): Promise<FoundMedia> {
  const [row] = await db.query<FoundMedia>(BY_ID, [id, locale]);
  if (!row) throw new Error('a select without a table answered no row');
  return row;
}
