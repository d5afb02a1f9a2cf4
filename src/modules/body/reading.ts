// Reads a body in any of its four forms into the stored one; what it cannot keep it reports, what it cannot read it refuses.
import { doneAhead } from '../../ahead.ts';
import { assertWellFormed, storedForm } from './checking.ts';
import { convert } from './conversion.ts';
import { BodyProblem } from './problem.ts';
import type { BodyInput, BodyWarning, PortableText, PortableTextInput } from './schemas.ts';
import { warningList } from './warnings.ts';

/** UTF-8 bytes of HTML or Markdown. */
const MAX_SOURCE_BYTES = 1_048_576;

/**
 * Reads a body that fits `BodyInput`. Text is stored as it came, byte for byte (no Unicode normalisation).
 * @throws {BodyProblem} with a code and the JSON Pointer of what is wrong
 */
export async function readBody(input: BodyInput): Promise<{ body: PortableText; warnings: BodyWarning[] }> {
  assertWellFormed(input);
  const { warn, list } = warningList();
  if ('portableText' in input) {
    const body = storedForm(input.portableText, '/portableText', warn);
    return { body, warnings: list() };
  }
  if ('text' in input) {
    const body = storedForm(paragraphs(input.text), '/text', warn);
    return { body, warnings: list() };
  }
  const [format, source] = 'html' in input ? (['html', input.html] as const) : (['markdown', input.markdown] as const);
  if (Buffer.byteLength(source) > MAX_SOURCE_BYTES) {
    throw new BodyProblem('too_large', `/${format}`, `${format} is read up to ${MAX_SOURCE_BYTES} bytes`);
  }
  const { blocks, warnings } = await doneAhead(`${format} ${source}`, () => convert(format, source));
  // Paths would point into blocks that the sender never saw.
  const body = storedForm(blocks, '', (code, message) => warn(code, message, `/${format}`));
  return { body, warnings: [...warnings.map((warning) => ({ ...warning, path: `/${format}` })), ...list()] };
}

/** Has what is converted in a thread of its own converted; what is wrong with it is told by readBody(). */
export async function convertAhead(inputs: (BodyInput | undefined)[]): Promise<void> {
  await Promise.allSettled(inputs.map((input) => input && ('html' in input || 'markdown' in input) && readBody(input)));
}

function paragraphs(text: string | string[]): PortableTextInput {
  // Only line ends part paragraphs here: \s would eat the ideographic space that opens a Chinese one.
  const parts = Array.isArray(text) ? text : text.split(/(?:\r?\n[ \t]*){2,}/).filter((part) => part.trim() !== '');
  return parts.map((part) => ({ _type: 'block', children: [{ _type: 'span', text: part }] }));
}
