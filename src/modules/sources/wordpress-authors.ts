// Who wrote a WordPress post: its author, or those whom Co-Authors Plus and PublishPress Authors name in their place. It makes no contributor.
import type { Named } from './stories.ts';
import { childText, metaOf } from './wordpress-elements.ts';
import type { Element } from './xml.ts';

/** Names by login. */
export type Authors = Map<string, string>;

/** Authors without an account are posts of a type of their own. */
export function takeGuest(authors: Authors, item: Element): void {
  if (childText(item, 'post_type') !== 'guest-author') return;
  const [login = ''] = metaOf(item, 'cap-user_login');
  const [name = childText(item, 'title')] = metaOf(item, 'cap-display_name');
  if (login && name) authors.set(login, name);
}

/** @param terms of the taxonomy `author`: the name is a login, or that of a person, and the slug may begin with `cap-` */
export function authorsOf(item: Element, terms: Named[], authors: Authors): Named[] {
  const login = childText(item, 'creator');
  if (terms.length === 0) return login ? [{ slug: login, name: authors.get(login) || login }] : [];
  return terms.map(({ slug, name }) => {
    const known = authors.get(name);
    return known ? { slug: name, name: known } : { slug: slug.replace(/^cap-/, ''), name };
  });
}
