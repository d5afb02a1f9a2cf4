// Reads the address of a story back: which locale, slug and id a path of the front end holds, by the site's template of addresses.
import { literal, UUID } from '../../patterns.ts';
import { decode } from './paths.ts';

export interface Address {
  locale: string | null;
  slug: string | null;
  id: string | null;
}
type Placeholder = keyof Address;

const SHAPES: Record<Placeholder, string> = {
  locale: '[A-Za-z0-9-]{2,35}',
  slug: '[^/]+',
  id: UUID,
};
const PARTS = /^(https?:\/\/[^/?#]+)([^?#]*)/i;

/** @param path in the form of normalizePath; null where it can be no story's */
export function matchAddress(template: string, path: string): Address | null {
  const groups = patternOf(template)?.exec(path)?.groups;
  if (!groups) return null;
  return { locale: groups.locale ?? null, slug: groups.slug ?? null, id: groups.id?.toLowerCase() ?? null };
}

let latest: { template: string; pattern: RegExp | null } | undefined;

/** Null where the path holds neither slug nor id: some front ends put them into the query. */
function patternOf(template: string): RegExp | null {
  if (latest?.template !== template) latest = { template, pattern: compile(template) };
  return latest.pattern;
}

function compile(template: string): RegExp | null {
  const path = PARTS.exec(template)?.[2] ?? '';
  if (!/\{(slug|id)\}/.test(path)) return null;
  const seen = new Set<string>();
  const source = path
    .replace(/\/$/, '')
    .split(/(\{(?:locale|slug|id)\})/)
    .map((part) => {
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      if (name === undefined) return literal(decode(part) ?? part);
      // A second one repeats the first; so there are three groups at most, whatever the template.
      if (seen.has(name)) return `\\k<${name}>`;
      seen.add(name);
      return `(?<${name}>${SHAPES[name as Placeholder]})`;
    })
    .join('');
  return new RegExp(`^${source}$`);
}

/** Scheme and host of the front end; null where they depend on the story. */
export function originOf(template: string): string | null {
  const origin = PARTS.exec(template)?.[1] ?? '';
  return origin === '' || origin.includes('{') ? null : new URL(origin).origin;
}

/** From the root where all stories stand at one host: then it holds on every host that shows the site, such as a staging one. */
export const locationOf = (url: string, template: string): string =>
  originOf(template) === null ? url : url.replace(/^https?:\/\/[^/?#]+/i, '') || '/';
