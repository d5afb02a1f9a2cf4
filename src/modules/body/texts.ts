// Keeps the texts of a document out of the hands of the HTML library, which trims no-break and ideographic spaces and unmarks blanks.
import type { LinkRel } from './links.ts';
import type { PortableTextInput } from './schemas.ts';

type Style = NonNullable<Extract<PortableTextInput[number], { _type: 'block' }>['style']>;
type Link = { href: string; title?: string; rel?: LinkRel[] };

export type Texts = ReturnType<typeof textKeeper>;

/** Each text is replaced by a token of noncharacters and a number, which no rule of the library alters, and put back at the end. */
export function textKeeper() {
  const kept: string[] = [];
  const links: Link[] = [];
  return {
    /** Styles of list items, by their element: the library knows no heading in a list. */
    itemStyle: new Map<Node, Style>(),
    keep: (text: string): string => `\uFDD0${kept.push(text) - 1}\uFDD1`,
    restore: (text: string): string =>
      text.replace(/\uFDD0(\d+)\uFDD1/g, (token, index) => kept[Number(index)] ?? token),
    /** The library reads the href of a link and neither title nor rel, so that the href stands for all of them meanwhile. */
    keepLink: (link: Link): string => `#${links.push(link) - 1}`,
    link: (token: string): Link => links[Number(token.slice(1))] ?? { href: '' },
  };
}
