// The thread that converts documents: it loads a parser when the first document needs it, and reports every failure as a message.
import { parentPort } from 'node:worker_threads';
import type { Conversion, Format, WorkerMessage } from './conversion.ts';
import { BodyProblem } from './problem.ts';
import { MAX_BLOCKS } from './schemas.ts';

const post = (message: WorkerMessage): void => parentPort?.postMessage(message);

async function converter(format: Format): Promise<(source: string) => Conversion> {
  return format === 'html' ? (await import('./html.ts')).fromHtml : (await import('./markdown.ts')).fromMarkdown;
}

parentPort?.on('message', async ({ format, source }: { format: Format; source: string }) => {
  try {
    const convert = await converter(format).catch((cause: unknown) => {
      // No fault of the document: there was no memory for it, or no file more could be opened.
      throw new BodyProblem('busy', `/${format}`, 'documents cannot be converted at the moment', { cause });
    });
    post({ kind: 'started' });
    const conversion = convert(source);
    // Before it is copied to the other thread: a megabyte of <p> makes 350,000 blocks.
    if (conversion.blocks.length > MAX_BLOCKS) {
      post({ kind: 'refused', code: 'too_many_blocks', message: `a body has at most ${MAX_BLOCKS} blocks` });
    } else post({ kind: 'converted', conversion });
  } catch (error) {
    if (error instanceof BodyProblem) post({ kind: 'refused', code: error.code, message: error.message });
    // A stack that overflows: the library walks the tree by recursion.
    else if (error instanceof RangeError)
      post({ kind: 'refused', code: 'too_deep', message: 'the document is nested too deeply' });
    else post({ kind: 'refused', code: 'unreadable', message: 'the document cannot be converted' });
  }
});
