// The address of the picture that republished texts carry: as it is written into them, and what it may ask for. It counts nothing.
import { type Static, Type } from 'typebox';
import { query, ReadLocale } from '../../schemas.ts';
import { CODE } from '../partners/schemas.ts';

export const PixelQuery = query({
  locale: Type.Optional(ReadLocale),
  partner: Type.Optional(Type.String({ ...CODE, description: 'Code of the partner in whose page it stands' })),
});

/** Where the picture is that counts a reading of a story elsewhere. */
export function pixelUrl(baseUrl: string, story: { id: string; locale: string }, code: string | undefined): string {
  const values: Static<typeof PixelQuery> = { locale: story.locale, ...(code !== undefined && { partner: code }) };
  return `${baseUrl}/v1/articles/${story.id}/pixel.gif?${new URLSearchParams(values)}`;
}
