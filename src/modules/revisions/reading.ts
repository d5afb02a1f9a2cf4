// Reads the content of a revision as it is shown, compared and restored; also of saves that kept less, or terms by their ids. It changes nothing.
import type { Db } from '../../db/client.ts';
import { Problem, unknownReference } from '../../errors.ts';
import type { Correction, Kind } from '../articles/kinds.ts';
import type { PortableText } from '../body/schemas.ts';
import type { Extra } from '../fields/values.ts';
import type { Rights } from '../site/schemas.ts';
import { findRevision, findTermKeys, findVersion, type StoredRevision, type Which } from './queries.ts';
import type { Revision } from './schemas.ts';

export interface TextContent {
  title?: string;
  standfirst?: string | null;
  slug?: string;
  body?: PortableText;
  corrections?: Correction[];
  extra?: Extra;
}
export interface NeutralContent {
  kind?: Kind;
  externalId?: string | null;
  region?: string | null;
  regions?: string[];
  tags?: string[];
  byline?: string[];
  image?: string | null;
  rights?: Partial<Rights> | null;
  related?: string[];
  follows?: string | null;
  originalLocale?: string | null;
  extra?: Extra;
}
export interface Saved<Content> {
  articleId: string;
  head: Revision;
  content: Content;
}

/** @throws Problem not_found */
export async function getText(db: Db, which: Which & { locale: string }, version: number): Promise<Saved<TextContent>> {
  const found = await find(db, which, version);
  const { title, standfirst, slug, body, corrections, extra } = found.content as TextContent;
  return { ...found, content: given({ title, standfirst, slug, body, corrections, extra }) };
}

/** @throws Problem not_found */
export async function getNeutral(db: Db, articleId: string, version: number): Promise<Saved<NeutralContent>> {
  const found = await find(db, { articleId, locale: null }, version);
  return { ...found, content: await withKeys(db, found.content) };
}

/** What a version is compared with. @throws Problem unknown_reference where there is no such save, or none before it */
export async function getBase(db: Db, which: Which, version: number, from: number | undefined): Promise<number> {
  const base = await findVersion(db, which, from, version);
  if (base !== null) return base;
  const message =
    from === undefined ? `no save before version ${version} is kept` : `no save of version ${from} is kept`;
  throw unknownReference({ parameter: 'from' }, message);
}

async function find(db: Db, which: Which, version: number): Promise<StoredRevision> {
  const found = await findRevision(db, which, version);
  if (!found) throw new Problem('not_found');
  return found;
}

type OldContent = { regionId?: string | null; regionIds?: string[]; tagIds?: string[]; contributorIds?: string[] };
/** The first saves kept what they changed alone, and ids of terms in place of keys. */
async function withKeys(db: Db, stored: NeutralContent & OldContent): Promise<NeutralContent> {
  const { regionId, regionIds, tagIds, contributorIds } = stored;
  const ids = [...(regionId ? [regionId] : []), ...(regionIds ?? []), ...(tagIds ?? []), ...(contributorIds ?? [])];
  const keys = ids.length > 0 ? await findTermKeys(db, ids) : new Map<string, string>();
  const keyOf = (id: string) => keys.get(id) ?? id;
  const { kind, externalId, image, rights, related, follows, originalLocale, extra } = stored;
  return given({
    kind,
    externalId,
    region: regionId ? keyOf(regionId) : regionId === null ? null : stored.region,
    regions: regionIds?.map(keyOf) ?? stored.regions,
    tags: tagIds?.map(keyOf) ?? stored.tags,
    byline: contributorIds?.map(keyOf) ?? stored.byline,
    image,
    rights,
    related,
    follows,
    originalLocale,
    extra,
  });
}

type Given<T> = { [member in keyof T]?: Exclude<T[member], undefined> };
const given = <T extends object>(members: T): Given<T> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Given<T>;
