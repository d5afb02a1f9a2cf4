// Puts ready JSON texts together to an answer: what moves without the stories, the views, stands outside the ETag.
import type { Inclusion } from './including.ts';

/**
 * @param moving further members of `meta` that move without the stories
 * @returns `json`, which the ETag is made of, and `send`, which has the views and what else moves in `meta` as well
 */
export function envelope(
  data: string,
  inclusion: Inclusion | null,
  meta: object,
  links: object,
  moving: object | null = null,
): { json: string; send: string } {
  const included = inclusion?.included ? `"included":${inclusion.included},` : '';
  const metaJson = JSON.stringify(meta);
  const around = (members: string) => `{"data":${data},${included}"meta":${members},"links":${JSON.stringify(links)}}`;
  const json = around(metaJson);
  const movingJson = moving ? JSON.stringify(moving).slice(1, -1) : '';
  const viewsJson = inclusion?.views ? `"views":${inclusion.views}` : '';
  if (!movingJson && !viewsJson) return { json, send: json };
  const all = [metaJson.slice(1, -1), movingJson, viewsJson].filter((part) => part !== '').join(',');
  return { json, send: around(`{${all}}`) };
}
