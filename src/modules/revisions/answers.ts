// Shows the content of a saved text in the forms in which drafts are answered. It changes nothing.
import { toHtml, toText } from '../body/rendering.ts';
import type { TextContent } from './reading.ts';
import type { DraftRevision } from './schemas.ts';

export function shownText({ body, ...content }: TextContent): DraftRevision['content'] {
  return { ...content, ...(body && { body: { portableText: body, html: toHtml(body), text: toText(body) } }) };
}
