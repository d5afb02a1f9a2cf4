// The short form of a story's id that stands in short addresses: the same 128 bits in 22 characters. Nothing is stored for it.
import { hrefOf } from './alternates.ts';

const CODE = '^[A-Za-z0-9_-]{22}$';
/** For a path. */
export const SHORT_CODE = { pattern: CODE, maxLength: 22 };

export const shortCodeOf = (id: string): string => Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');

export function idOfShortCode(code: string): string {
  const hex = Buffer.from(code, 'base64url').toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export const shortUrlOf = ({ articleId, locale }: { articleId: string; locale: string }, template: string): string =>
  hrefOf(template.replaceAll('{locale}', locale).replaceAll('{code}', shortCodeOf(articleId)));
