// Which addresses can be followed: those of our own feeds, in their canonical form, from the first page on. It asks no host.
import { canonical } from '../../caching/addresses.ts';
import { FORMATS } from '../feeds/formats.ts';
import type { FeedQuery } from '../feeds/schemas.ts';

export type Format = keyof typeof FORMATS;
export interface Topic {
  url: string;
  format: Format;
  query: FeedQuery;
}
/** Checks and coerces a query as the route of feeds does. */
export type ReadQuery = (query: Record<string, string>) => boolean;

const isFormat = (name: string): name is Format => Object.hasOwn(FORMATS, name);

/** @returns null where it is none */
export function readTopic(url: string, baseUrl: string, isValid: ReadQuery): Topic | null {
  const prefix = `${baseUrl}/v1/feeds/`;
  if (!url.startsWith(prefix) || canonical(url) !== url || url.includes('#')) return null;
  const [format = '', search = ''] = url.slice(prefix.length).split('?', 2);
  if (!isFormat(format)) return null;
  const parameters = new URLSearchParams(search);
  const query = Object.fromEntries(parameters);
  const isRepeated = new Set(parameters.keys()).size !== parameters.size;
  return isRepeated || 'cursor' in query || !isValid(query) ? null : { url, format, query: query as FeedQuery };
}
