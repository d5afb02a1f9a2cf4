// What may come along with stories: full objects of the taxonomy and of pictures, and views. One statement for all of it.
import { MEDIA, termsGroup } from '../../caching/groups.ts';
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { contributorNoun } from '../contributors/noun.ts';
import { mediaJson } from '../media/reading.ts';
import { regionNoun } from '../regions/noun.ts';
import { type SiteFace, siteFaceJson } from '../site/face.ts';
import { localeChain } from '../site/fallback.ts';
import { tagNoun } from '../tags/noun.ts';
import type { Noun } from '../taxonomy/noun.ts';
import { termsJson } from '../taxonomy/queries.ts';
import type { STORY_INCLUDES } from './schemas.ts';

export interface Inclusion {
  /** JSON object for `included`, or null. */
  included: string | null;
  /** JSON object for `meta.views`, or null. */
  views: string | null;
  /** For the block of search engines: the views of a single story among it. */
  seo: { site: SiteFace; views: number } | null;
}

/** $1 and $7 are the stories, each in its language; $2 is the language of the names. Regions come with all that contain them, for breadcrumbs. */
const member = (noun: Noun, flag: string) =>
  `case when ${flag}::boolean then '"${noun.plural}":' || ${termsJson(
    noun,
    `(select coalesce(array_agg(x.id order by p.article_id, place), '{}') from unnest($1::uuid[], $7::text[]) story(id, locale)
      join published_articles p on p.article_id = story.id and p.locale = story.locale, unnest(p.${noun.sql.published}) with ordinality x(id, place))`,
    '$2::text',
  )} end`;

const PICTURES = `case when $9::boolean then '"media":[' || (
  select coalesce(string_agg(${mediaJson('c.chain')}::text, ',' order by g.place), '') from (
    select p.image_id as id, min(place) as place from unnest($1::uuid[], $7::text[]) with ordinality story(id, locale, place)
    join published_articles p on p.article_id = story.id and p.locale = story.locale group by p.image_id) g
  join media m on m.id = g.id cross join (select ${localeChain('$2::text')} as chain) c) || ']' end`;

const INCLUDE: Statement = {
  name: 'include',
  text: `select
    case when $3::boolean or $4::boolean or $5::boolean or $9::boolean then '{' || concat_ws(',', ${member(regionNoun, '$3')}, ${member(tagNoun, '$4')},
      ${member(contributorNoun, '$5')}, ${PICTURES}) || '}' end as included,
    case when $6::boolean then (select coalesce(json_object_agg(id, (select coalesce(sum(views), 0) from view_counts where article_id = id)), '{}')::text
      from unnest($1::uuid[]) id) end as views,
    case when $8::boolean then json_build_object('site', ${siteFaceJson('($7::text[])[1]')},
      'views', (select coalesce(sum(views), 0) from view_counts where article_id = any($1::uuid[]))) end as seo`,
};

const NOUNS = { region: regionNoun, tags: tagNoun, contributors: contributorNoun } as const;
/** What answers are made of that these come along with. */
export const includedGroups = (wanted: readonly (typeof STORY_INCLUDES)[number][] = []): string[] =>
  wanted.flatMap((name) =>
    name === 'media' ? [MEDIA] : name in NOUNS ? [termsGroup(NOUNS[name as keyof typeof NOUNS])] : [],
  );

/**
 * @param locale that of the reader: the language of the names
 * @param locales those of the stories, in their order, where they are not all that of the reader
 */
export async function loadInclusion(
  db: PublicDb,
  ids: string[],
  locale: string,
  wanted: readonly (typeof STORY_INCLUDES)[number][],
  locales: string[] = ids.map(() => locale),
): Promise<Inclusion> {
  const flag = (name: (typeof STORY_INCLUDES)[number]) => wanted.includes(name);
  const taxonomy = [flag('region'), flag('tags'), flag('contributors')];
  const values = [ids, locale, ...taxonomy, flag('views'), locales, flag('seo'), flag('media')];
  const [row] = await db.query<Inclusion>(INCLUDE, values);
  return row ?? { included: null, views: null, seo: null };
}
