// Keeps the bytes of pictures, each under the digest of its content. It takes no other names, so that nothing outside of its folder is ever reached.
import { randomUUID } from 'node:crypto';
import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { loadOnce } from '../../loading.ts';

interface KeptFile {
  bytes: number;
  open(): Promise<Readable>;
}
export interface MediaStore {
  /** Null where it is not there. */
  find(file: string): Promise<KeptFile | null>;
  /** Leaves what is there already as it is. */
  put(file: string, content: Uint8Array): Promise<void>;
}

/** What is kept, by how its files end. */
export const TYPES = {
  jpg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
} as const;
export type Extension = keyof typeof TYPES;
/** SHA-256 in hex, and what it is. */
export const FILE_NAME = `^[0-9a-f]{64}\\.(${Object.keys(TYPES).join('|')})$`;
const NAMED = new RegExp(FILE_NAME);

/** Where it is served. */
export const mediaUrl = (baseUrl: string, file: string): string => `${baseUrl}/media/${file}`;

/**
 * @param folder made when the first file comes; without one nothing is kept
 * @param writer tells what this one is writing from what others write there
 */
export function openStore(folder: string | undefined, writer: string = randomUUID()): MediaStore {
  let written = 0;
  let tidied: Promise<void> | undefined;
  // When it is needed: most nodes never keep a picture.
  const loadDisk = loadOnce(async () => {
    if (folder === undefined) return undefined;
    const [library, { FSDriver }] = await Promise.all([import('flydrive'), import('flydrive/drivers/fs')]);
    return new library.Disk(new FSDriver({ location: folder, visibility: 'public' }));
  });
  const open = async (file: string) => {
    if (!NAMED.test(file)) throw new Error('a name that is no digest was asked for');
    return loadDisk();
  };
  const find: MediaStore['find'] = async (file) => {
    const found = await open(file);
    if (!found || !(await found.exists(file))) return null;
    const { contentLength } = await found.getMetaData(file);
    return { bytes: contentLength, open: () => found.getStream(file) };
  };
  return {
    find,
    async put(file, content) {
      const found = await open(file);
      if (!found || folder === undefined) throw new Error('there is no folder to keep pictures in');
      tidied ??= removeParts(folder);
      await tidied;
      // One that is too short was cut off by a node of the version before: it is written anew.
      if ((await find(file))?.bytes === content.length) return;
      // Under a name that is not served, then renamed at once: another import may have told of the same picture already, and whoever
      // got a part of it would keep that for good.
      written += 1;
      const part = `${file}.${writer}-${written}.part`;
      try {
        await found.put(part, content);
        await rename(join(folder, part), join(folder, file));
      } catch (error) {
        // Where there is no room, half a file would take what there is.
        await found.delete(part).catch(() => {});
        throw error;
      }
    },
  };
}

/** Milliseconds; nothing is written for so long. */
const STALE = 3_600_000;
/** What was being written by one that was killed. */
async function removeParts(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const path of names.filter((name) => name.endsWith('.part')).map((name) => join(folder, name))) {
    const written = await lstat(path).catch(() => null);
    if (written && written.mtimeMs < Date.now() - STALE) await rm(path, { force: true }).catch(() => {});
  }
}
