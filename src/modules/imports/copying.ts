// Fetches the pictures of a portion of lines, keeps them here, and has the lines name them at their new addresses. What cannot be had stays
// where it is, and is told. It is done outside of any transaction, and what was fetched once is not fetched again.
import { hash } from 'node:crypto';
import { inArray, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { type Outbound, OutboundError } from '../../outbound/sending.ts';
import { fetchPicture } from '../media/fetching.ts';
import { PictureError } from '../media/measuring.ts';
import { type MediaStore, mediaUrl } from '../media/store.ts';
import { mediaCopies } from '../media/tables.ts';
import type { PreparedLine } from './preparing.ts';
import { note } from './report.ts';

export interface Copying {
  outbound: Outbound;
  store: MediaStore;
  /** Public URL of this API. */
  baseUrl: string;
  /** With its bytes, or why it is not to be had. */
  onPicture?: (address: string, outcome: number | string) => void;
}
/** Of one run. */
export interface CopyingRun extends Copying {
  /** How often in a row hosts did not answer. */
  silent: Map<string, number>;
}
type Copy = Omit<typeof mediaCopies.$inferSelect, 'createdAt'>;

/** Two of 20 MiB at once take 80 MiB, and the host they stand on is not to be troubled. */
const AT_ONCE = 2;
/** What an index of PostgreSQL bears. */
const LONGEST_ADDRESS = 2_000;
/** A host that has gone would be waited for half a minute for each of its pictures. */
const MOST_SILENT = 5;

/** @param changed lines whose texts will be written: in the others, which are in already, the picture of the story alone is looked at */
export async function copyPictures(
  db: Db,
  copying: CopyingRun,
  lines: readonly PreparedLine[],
  changed: ReadonlySet<PreparedLine>,
  signal?: AbortSignal,
): Promise<void> {
  const own = mediaUrl(copying.baseUrl, '');
  const isElsewhere = (url: string) => /^https?:\/\//i.test(url) && !url.startsWith(own);
  const wantedBy = new Map<string, PreparedLine>();
  for (const line of lines) {
    const inText = changed.has(line) ? (line.body ?? []) : [];
    const urls = [line.story.image?.url, ...inText.map((block) => (block._type === 'image' ? block.src : undefined))];
    for (const url of urls) if (url && isElsewhere(url) && !wantedBy.has(url)) wantedBy.set(url, line);
  }
  const copies = await findCopies(db, copying.store, [...wantedBy.keys()]);
  const missing = [...wantedBy].filter(([address]) => !copies.has(address)).values();
  let isBroken = false;
  const work = async () => {
    for (const [address, line] of missing) {
      if (signal?.aborted || isBroken) return;
      try {
        const copy = await copyPicture(db, copying, address, signal);
        copies.set(address, copy);
        note(line.fetched, copy.mimeType);
        copying.onPicture?.(address, copy.bytes);
      } catch (error) {
        if (!(error instanceof PictureError)) {
          isBroken = true;
          throw error;
        }
        if (signal?.aborted) return;
        note(line.notes, `the picture ${address.slice(0, 300)} was not fetched: ${error.message}`);
        copying.onPicture?.(address, error.message);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  for (const line of lines) useCopies(line, copies, copying.baseUrl);
}

async function findCopies(db: Db, store: MediaStore, addresses: string[]): Promise<Map<string, Copy>> {
  if (addresses.length === 0) return new Map();
  const rows = await db.select().from(mediaCopies).where(inArray(mediaCopies.address, addresses));
  const found = new Map<string, Copy>();
  // A database that was brought back from a backup may know of files that are not there.
  for (const row of rows) if ((await store.find(row.file))?.bytes === row.bytes) found.set(row.address, row);
  return found;
}

async function copyPicture(
  db: Db,
  { outbound, store, silent }: CopyingRun,
  address: string,
  signal: AbortSignal | undefined,
): Promise<Copy> {
  if (Buffer.byteLength(address) > LONGEST_ADDRESS) throw new PictureError('its address is too long');
  const host = URL.parse(address)?.host ?? '';
  const times = silent.get(host) ?? 0;
  if (times >= MOST_SILENT)
    throw new PictureError(`its host did not answer ${times} times in a row: it was not asked again`);
  const { bytes, extension, mimeType, width, height } = await fetchPicture(outbound, address, signal).catch(
    (error: unknown) => {
      const { cause } = error as PictureError;
      const isSilent = cause instanceof OutboundError && cause.code !== 'refused';
      // Another one may have waited for it meanwhile.
      silent.set(host, isSilent ? (silent.get(host) ?? 0) + 1 : 0);
      throw error;
    },
  );
  silent.delete(host);
  const file = `${hash('sha256', bytes, 'hex')}.${extension}`;
  await store.put(file, bytes);
  const copy = { address, file, mimeType, width, height, bytes: bytes.length };
  await db
    .insert(mediaCopies)
    .values(copy)
    .onConflictDoUpdate({ target: mediaCopies.address, set: { ...copy, createdAt: sql`now()` } });
  return copy;
}

function useCopies(line: PreparedLine, copies: ReadonlyMap<string, Copy>, baseUrl: string): void {
  const { image } = line.story;
  const copy = image && copies.get(image.url);
  if (copy) {
    const { address, file, ...told } = copy;
    line.movedFrom = address;
    line.story.image = { ...image, ...told, url: mediaUrl(baseUrl, file) };
  }
  if (!line.body) return;
  line.body = line.body.map((block) => {
    const shown = block._type === 'image' ? copies.get(block.src) : undefined;
    return shown ? { ...block, src: mediaUrl(baseUrl, shown.file) } : block;
  });
}
