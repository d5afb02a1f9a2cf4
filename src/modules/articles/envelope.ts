// Puts ready JSON texts together to an answer: what moves without the stories, the views, stands outside the ETag.
import type { Bytes } from '../../db/bytes.ts';
import type { Inclusion } from './including.ts';

/** JSON of a member, without the views that stand in it and with them. */
export interface Moving {
  still: string;
  moving: string;
}
export interface Beside {
  /** Further members of `meta` that move without the stories. */
  meta?: object;
  /** The block for search engines, under `included`. */
  seo?: Moving | undefined;
  /** JSON of the stories to read beside it, under `included`. */
  related?: string | undefined;
}

/** Where nothing comes along and nothing moves. */
export const plainEnvelope = (data: string, meta: object, links: object): string =>
  `{"data":${data},"meta":${JSON.stringify(meta)},"links":${JSON.stringify(links)}}`;

/** @returns `json`, which the ETag is made of, and `send`, which has the views and what else moves as well */
export function envelope(
  data: string | Bytes,
  inclusion: Inclusion | null,
  meta: object,
  links: object,
  { meta: moving, seo, related }: Beside = {},
): { json: string | Buffer; send: string | Buffer } {
  const around = (metaMembers: string, block: string | undefined) => {
    const rest = `,${includedMember(inclusion, block, related)}"meta":{${metaMembers}},"links":${JSON.stringify(links)}}`;
    return typeof data === 'string' ? `{"data":${data}${rest}` : data.between('{"data":', rest);
  };
  const still = JSON.stringify(meta).slice(1, -1);
  const json = around(still, seo?.still);
  const views = inclusion?.views ? `"views":${inclusion.views}` : '';
  const all = [still, moving ? JSON.stringify(moving).slice(1, -1) : '', views].filter((part) => part !== '').join();
  return { json, send: moving || views || seo ? around(all, seo?.moving) : json };
}

function includedMember(inclusion: Inclusion | null, block: string | undefined, related: string | undefined): string {
  const members = [
    inclusion?.included?.slice(1, -1),
    block && `"seo":${block}`,
    related && `"related":${related}`,
  ].filter(Boolean);
  return members.length > 0 || inclusion?.included ? `"included":{${members.join()}},` : '';
}
