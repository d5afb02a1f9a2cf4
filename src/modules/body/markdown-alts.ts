// What the description of a picture says in Markdown, where marks may stand in it that a plain text cannot have. It reads no Markdown.
import type { Token } from 'markdown-it';

/**
 * What descriptions of pictures say without their marks (CommonMark 0.31, section 6.4), by what the library takes for them: the text
 * as it was typed, without the backslashes of escapes.
 */
export const altsOf = (tokens: readonly Token[]): Map<string, string> =>
  new Map(
    tokens
      .flatMap(({ children }) => children ?? [])
      .filter(({ type }) => type === 'image')
      .map((image) => [image.content.replaceAll(/\\([!-/:-@[-\x60{-~])/g, '$1'), said(image)]),
  );

function said({ type, content, children }: Token): string {
  if (type === 'image') return (children ?? []).map(said).join('');
  return type === 'softbreak' || type === 'hardbreak' ? ' ' : content;
}
