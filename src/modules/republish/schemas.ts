// A story as others republish it, on the wire: the parts that belong together, and the address of the picture that counts.
import { type Static, Type } from 'typebox';
import {
  AskedLocale,
  closed,
  DateTime,
  Id,
  Links,
  Locale,
  LocaleMeta,
  nullable,
  oneOf,
  query,
  ref,
} from '../../schemas.ts';
import { ArticleRights } from '../articles/schemas.ts';

export const RepublishQuery = query({
  locale: Type.Optional(AskedLocale),
  format: Type.Optional(
    oneOf(['html', 'markdown', 'json'], {
      default: 'html',
      description: 'A fragment of HTML, a text in Markdown, or both with all parts one by one',
    }),
  ),
});
export const Republished = closed(
  {
    id: Id,
    uri: Type.String({ description: 'Permanent tag URI (RFC 4151), by which to tell that it was taken before' }),
    locale: Locale,
    direction: oneOf(['ltr', 'rtl']),
    title: Type.String(),
    standfirst: nullable(Type.String()),
    byline: Type.Array(Type.String(), { description: 'Names, in order' }),
    publishedAt: DateTime,
    updatedAt: DateTime,
    canonicalUrl: Type.String({ format: 'uri', description: 'For `<link rel="canonical">` of the page' }),
    html: Type.String({ description: 'All of it, credit and picture included: what `format=html` answers' }),
    markdown: Type.String({ description: 'The same in Markdown: what `format=markdown` answers' }),
    bodyHtml: Type.String({ description: 'The text alone; it may stand only together with the credit' }),
    creditHtml: Type.String({ description: 'The hyperlink that has to stand with it' }),
    pixelUrl: Type.String({
      format: 'uri',
      description: 'The picture of one dot that counts its readers; please load it',
    }),
    rights: ref(ArticleRights),
  },
  { $id: 'Republished', description: 'A story with all that has to stand beside it elsewhere' },
);
export type Republished = Static<typeof Republished>;
export const RepublishAnswer = closed({
  data: ref(Republished),
  meta: ref(LocaleMeta),
  links: ref(Links),
});
