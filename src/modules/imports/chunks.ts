// Gathers the lines of a file into portions for one transaction each, with their bodies read ahead. It writes nothing.
import type { Db } from '../../db/client.ts';
import { Problem } from '../../errors.ts';
import { type CopyingRun, copyPictures } from './copying.ts';
import { type PreparedLine, prepareLine, type RecordLine, readPreparedBody } from './preparing.ts';
import { findImported } from './queries.ts';
import type { Line } from './reading.ts';
import type { Refusal } from './refusing.ts';
import { note, type Tally } from './report.ts';
import { identityOf } from './restoring.ts';

export interface Chunk {
  lines: PreparedLine[];
  /** Lines of an export, all of one kind; then there are no others. */
  records: RecordLine[];
  /** Lines that are wrong by themselves. */
  refused: Refusal[];
  /** What no story can be made of. */
  leftOut: Tally;
  /** Number of its last line. */
  last: number;
  /** Bytes of the file up to its end. */
  position: number;
}

/** Fewer cost more commits; more cost more work again where one of them is refused. */
const LINES = 100;
/** The first makes most of what is missing of the taxonomy, and the others wait for that. */
const FIRST_LINES = 20;
/** A story that has come so far with its languages is kept together up to here: else its texts are built twice. */
const MOST_LINES = 150;
/** What bounds the memory. */
const BYTES = 2_000_000;

/** @param after the number of the last line that needs no reading */
export async function* readChunks(lines: AsyncIterable<Line>, after = 0): AsyncGenerator<Chunk> {
  let chunk: Chunk = emptyChunk(after);
  let start: number | undefined;
  let isFirst = true;
  let seen = new Set<string>();
  let failure: { error: unknown } | undefined;
  try {
    for await (const line of lines) {
      if (line.number <= after) {
        start = line.position;
        continue;
      }
      const prepared = prepareLine(line);
      const key = keyOf(prepared);
      const goesOn = 'story' in prepared && prepared.story.externalId === chunk.lines.at(-1)?.story.externalId;
      const full =
        chunk.lines.length + chunk.records.length + chunk.refused.length >=
          (goesOn ? MOST_LINES : isFirst ? FIRST_LINES : LINES) || line.position - (start ?? 0) > BYTES;
      // The second line of the same story and language builds on the first.
      if (chunk.last > after && (full || seen.has(key) || isOtherKind(chunk, prepared))) {
        yield chunk;
        isFirst = false;
        start = chunk.position;
        chunk = emptyChunk(after);
        seen = new Set();
      }
      if ('story' in prepared) {
        chunk.lines.push(prepared);
        seen.add(key);
      } else if ('record' in prepared) {
        chunk.records.push(prepared);
        seen.add(key);
      } else if ('leftOut' in prepared) note(chunk.leftOut, prepared.leftOut);
      else chunk.refused.push(prepared);
      chunk.last = line.number;
      chunk.position = line.position;
    }
  } catch (error) {
    failure = { error };
  }
  // What a broken file holds in front of the break goes in.
  if (chunk.last > after) yield chunk;
  if (failure) throw failure.error;
}

function keyOf(prepared: ReturnType<typeof prepareLine>): string {
  if ('story' in prepared) return JSON.stringify([prepared.story.externalId, prepared.story.locale]);
  return 'record' in prepared ? identityOf(prepared) : '';
}

/** Lines of an export are written many of a kind at a time. */
function isOtherKind({ lines, records: [first] }: Chunk, prepared: ReturnType<typeof prepareLine>): boolean {
  if ('story' in prepared) return first !== undefined;
  return (
    'record' in prepared &&
    (lines.length > 0 || (first !== undefined && first.record.record !== prepared.record.record))
  );
}

const emptyChunk = (last: number): Chunk => ({ lines: [], records: [], refused: [], leftOut: {}, last, position: 0 });

interface Reading {
  /** Has pictures fetched as well. */
  copying?: CopyingRun;
  signal?: AbortSignal;
}
/** Converts the bodies that are new or changed, outside of any transaction: HTML takes 16 ms a story. */
export async function readBodies(db: Db, chunk: Chunk, { copying, signal }: Reading = {}): Promise<Chunk> {
  const isSlow = ({ story }: PreparedLine) => 'html' in story.body || 'markdown' in story.body;
  const read = copying ? chunk.lines : chunk.lines.filter(isSlow);
  if (read.length === 0) return chunk;
  const stored = await findImported(
    db,
    read.map(({ story }) => story.externalId),
  );
  const changed = read.filter(({ story, digest }) =>
    Object.values(stored.get(story.externalId)?.drafts ?? {}).every((draft) => draft.digest !== digest),
  );
  for (const line of changed) {
    await readPreparedBody(line).catch((error: unknown) => {
      // Asked for once more by the import, which refuses the line.
      if (!(error instanceof Problem)) throw error;
    });
  }
  if (copying) await copyPictures(db, copying, chunk.lines, new Set(changed), signal);
  return chunk;
}
