// What of the site stands on the page of a story, in one language: its name, its logo, where it is. For readers.
import type { PublicDb, Statement } from '../../db/pipeline.ts';

export interface SiteFace {
  /** In the language asked for, or the next best. */
  name: string;
  baseUrl: string;
  timeZone: string;
  defaultLocale: string;
  logoUrl: string | null;
  /** All languages, in the order of language switches. */
  locales: string[];
}

/** SQL json: for the locale that `locale` is, by its tag. */
export const siteFaceJson = (locale: string) => `(select json_build_object('name', (
    select s.name ->> l.tag from locales l where s.name ? l.tag
    order by coalesce(array_position(${locale}::text || (select fallback from locales where tag = ${locale}::text) || s.default_locale, l.tag), 1000), l.position, l.tag
    limit 1), 'baseUrl', s.base_url, 'timeZone', s.time_zone, 'defaultLocale', s.default_locale, 'logoUrl', s.branding -> 'light' ->> 'logoUrl',
  'locales', (select json_agg(tag order by position, tag) from locales)) from site s)`;

const FACE: Statement = { name: 'site_face', text: `select ${siteFaceJson('$1')} as face` };

export async function getSiteFace(db: PublicDb, locale: string): Promise<SiteFace> {
  const [row] = await db.query<{ face: SiteFace }>(FACE, [locale]);
  if (!row) throw new Error('the site has no row');
  return row.face;
}
