// What stands within an item of WordPress's export. It knows no meaning.
import { childrenOf, type Element, textOf } from './xml.ts';

/** WordPress's own elements, and those of RSS: each name stands for one thing only, but for `excerpt` and `content`. */
export const childText = (element: Element, name: string, space?: string) =>
  textOf(
    childrenOf(element).find((child) => child.name === name && (space === undefined || child.space.includes(space))),
  ).trim();

/** All values that it has under a key, but for empty ones. */
export const metaOf = (item: Element, key: string): string[] =>
  childrenOf(item)
    .filter(({ name }) => name === 'postmeta')
    .filter((meta) => childText(meta, 'meta_key') === key)
    .map((meta) => childText(meta, 'meta_value'))
    .filter(Boolean);
