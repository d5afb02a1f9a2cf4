// Puts ready JSON texts together to an answer: what moves without the stories, the views, stands outside the ETag.
import type { Inclusion } from './including.ts';

/** @returns `json`, which the ETag is made of, and `send`, which has the views in `meta` as well */
export function envelope(
  data: string,
  inclusion: Inclusion | null,
  meta: object,
  links: object,
): { json: string; send: string } {
  const included = inclusion?.included ? `"included":${inclusion.included},` : '';
  const metaJson = JSON.stringify(meta);
  const around = (members: string) => `{"data":${data},${included}"meta":${members},"links":${JSON.stringify(links)}}`;
  const json = around(metaJson);
  return { json, send: inclusion?.views ? around(`${metaJson.slice(0, -1)},"views":${inclusion.views}}`) : json };
}
