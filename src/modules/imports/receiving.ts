// Takes a file that comes over HTTP into the database, piece by piece, so that any node can work on it. It reads nothing of it but its first bytes.
import { eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../db/client.ts';
import { enqueue } from '../../db/jobs.ts';
import { invalid, Problem } from '../../errors.ts';
import type { Actor } from '../access/queries.ts';
import { insertAudit } from '../audit/queries.ts';
import { detectFormat, FOR_OTHERS, type Format } from '../sources/formats.ts';
import { SourceError } from '../sources/problem.ts';
import type { Source } from '../sources/source.ts';
import type { ImportOptions } from './job-schemas.ts';
import { emptyReport } from './report.ts';
import { importJobs, importParts } from './tables.ts';

/** What comes in half an hour at 5 Mbit/s; larger files are for the command. */
export const MAX_FILE_BYTES = 1_073_741_824;
const PART = 1_048_576;

/**
 * @param admit whether whoever sends it still may, once all of it is there: half an hour may have gone by
 * @returns the id of the job that reads it
 * @throws Problem payload_too_large, validation_failed where no format fits
 */
export async function receiveFile(
  db: Db,
  actor: Actor,
  file: AsyncIterable<Uint8Array>,
  given: { format: Format | undefined; options: ImportOptions },
  admit: () => Promise<void>,
): Promise<string> {
  const id = uuidv7();
  const { userId, keyId } = actor;
  await db.insert(importJobs).values({ id, options: given.options, report: emptyReport(), userId, keyId });
  try {
    const bytes = await storeParts(db, id, file);
    await admit();
    const format = given.format ?? (await formatOf(openParts(db, id)));
    if (format === 'ndjson') checkOwn(given.options);
    await db.transaction(async (tx) => {
      await tx.update(importJobs).set({ status: 'queued', format, bytes }).where(eq(importJobs.id, id));
      const after = { format, bytes, ...given.options };
      await insertAudit(tx, actor, [{ action: 'import.create', entity: 'import', entityId: id, after }]);
      await enqueue(tx, 'import_files', {}, { key: 'import_files' });
    });
    return id;
  } catch (error) {
    await db.delete(importJobs).where(eq(importJobs.id, id));
    throw error;
  }
}

/** Passed over in silence, what was meant to stay a draft would go out. As the command has it (commands/import.ts). */
function checkOwn(options: ImportOptions): void {
  const parameter = (['locale', 'region', 'site', 'drafts'] as const).find((name) => options[name]);
  if (parameter) throw invalid({ parameter }, FOR_OTHERS, 'contradiction');
}

async function storeParts(db: Db, importId: string, file: AsyncIterable<Uint8Array>): Promise<number> {
  let held: Uint8Array[] = [];
  let length = 0;
  let total = 0;
  let place = 0;
  const flush = async () => {
    await db.insert(importParts).values({ importId, place, bytes: Buffer.concat(held) });
    place += 1;
    held = [];
    length = 0;
  };
  for await (const bytes of file) {
    total += bytes.length;
    // What is sent beyond it is let by: whoever still sends would not hear the answer.
    if (total > MAX_FILE_BYTES) continue;
    held.push(bytes);
    length += bytes.length;
    if (length >= PART) await flush();
  }
  if (total > MAX_FILE_BYTES) throw new Problem('payload_too_large');
  if (length > 0) await flush();
  if (total === 0) throw invalid({ pointer: '' }, 'must be a file', 'required');
  return total;
}

async function formatOf(source: Source): Promise<Format> {
  try {
    return await detectFormat(source);
  } catch (error) {
    if (error instanceof SourceError) throw invalid({ pointer: '' }, error.message, 'format');
    throw error;
  }
}

export const openParts = (db: Db, importId: string): Source => ({
  async *open() {
    for (let place = 0; ; place += 1) {
      const [part] = await db
        .select({ bytes: importParts.bytes })
        .from(importParts)
        .where(sql`${importParts.importId} = ${importId} and ${importParts.place} = ${place}`);
      if (!part) return;
      yield part.bytes;
    }
  },
});
