// A public answer as it is sent and may be kept: its bytes, its headers, and its forms by content coding. It decides nothing about keeping.
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const CODINGS = ['br', 'gzip'] as const;
export type Coding = (typeof CODINGS)[number];

export interface Representation {
  /** Headers beside those of every answer, and those that depend on the coding and the time. */
  headers: Record<string, string | string[]>;
  bytes: Buffer;
  /** Media type. */
  type: string;
  /** Digest, without quotes. */
  etag: string;
  /** Where something stands in it that the digest leaves out. */
  isWeak: boolean;
  lastModified: Date | undefined;
  cacheControl: string;
  /** What it is made of: a change of any of it makes another answer. Null where it is not to be kept here. */
  groups: readonly string[] | null;
  /** By performance.now(): when it changes by itself. */
  expires: number | undefined;
  coded: Partial<Record<Coding, Buffer | Promise<Buffer>>>;
  /** Whole seconds until then, as the heads below tell them. */
  toldLeft: number | undefined;
  /** The head that was sent with it, up to its last header, without those of the single answer. */
  sent: Partial<Record<Coding | 'identity', string>>;
  /** The same of 304. */
  unchanged: Partial<Record<Coding | 'identity', string>>;
}

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);
const COMPRESS: Record<Coding, (bytes: Buffer) => Promise<Buffer>> = {
  br: (bytes) =>
    compressBrotli(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 5,
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  gzip: (bytes) => compressGzip(bytes, { level: 6 }),
};

/** What fits into one packet gains nothing. */
const LEAST_BYTES = 1_200;

/** @param accepted Accept-Encoding @returns null for the bytes as they are */
export function codingFor(accepted: string | string[] | undefined, { bytes }: Representation): Coding | null {
  if (accepted === undefined) return null;
  const weights = knownWeights(String(accepted));
  const weightOf = (name: string) => weights.get(name) ?? weights.get('*') ?? 0;
  const isPlainRefused = (weights.get('identity') ?? weights.get('*')) === 0;
  if (bytes.length <= LEAST_BYTES && !isPlainRefused) return null;
  const [best] = CODINGS.toSorted((a, b) => weightOf(b) - weightOf(a));
  // As it is will do unless that is excluded: it goes first only where it is said to be liked better (RFC 9110 section 12.5.3).
  return best && weightOf(best) > 0 && weightOf(best) >= (weights.get('identity') ?? 0) ? best : null;
}

/** Names of codings are compared without regard to case (RFC 9110 section 8.4.1). */
function weightsOf(accepted: string): Map<string, number> {
  return new Map(
    accepted
      .toLowerCase()
      .split(',')
      .map((one) => {
        const [name = '', ...parameters] = one.split(';').map((part) => part.trim());
        const weight = parameters.find((parameter) => parameter.startsWith('q='));
        return [name, weight === undefined ? 1 : Number(weight.slice(2)) || 0];
      }),
  );
}

/** Of the header that came last: most clients send the same. To take it apart for each answer took 1.1 us of 70. */
const last = { accepted: '', weights: weightsOf('') };
function knownWeights(accepted: string): Map<string, number> {
  if (last.accepted !== accepted) Object.assign(last, { accepted, weights: weightsOf(accepted) });
  return last.weights;
}

/** What an answer may hold besides itself, such as the room for an envelope (db/bytes.ts): it is weighed with it. */
const SPARE = 2_048;
/**
 * In memory of its own, for what is kept. Node takes small buffers from blocks of 64 KiB, and zlib 16 KiB of one for each result: a few
 * bytes hold the whole block, and with a bound of 64 MiB a node grew beyond 400. Most are made so from the start
 * (db/bytes.ts, caching/sending.ts), and are not copied.
 */
export function apart(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength <= bytes.length + SPARE) return bytes;
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}

/** Whoever asks first has it made; all others wait for the same. */
export function codedAs(representation: Representation, coding: Coding): Buffer | Promise<Buffer> {
  const known = representation.coded[coding];
  if (known) return known;
  const making = COMPRESS[coding](representation.bytes).then(
    (made) => {
      const bytes = apart(made);
      representation.coded[coding] = bytes;
      return bytes;
    },
    (error) => {
      delete representation.coded[coding];
      throw error;
    },
  );
  representation.coded[coding] = making;
  return making;
}

/** The time has come at which it changes by itself. */
export const isOver = ({ expires }: Representation): boolean => expires !== undefined && expires <= performance.now();

/** Whole seconds that are left until then; undefined where there is no such time. */
export const secondsLeft = ({ expires }: Representation): number | undefined =>
  expires === undefined ? undefined : Math.max(0, Math.floor((expires - performance.now()) / 1_000));

/** Cache-Control: nobody keeps it for longer than it stays as it is. */
export function freshness({ cacheControl }: Representation, left: number | undefined): string {
  if (left === undefined) return cacheControl;
  return cacheControl.replaceAll(
    /(max-age|s-maxage|stale-while-revalidate)=(\d+)/g,
    (_, name: string, seconds: string) => `${name}=${Math.min(Number(seconds), left)}`,
  );
}

/** Objects, and its places in maps and lists. */
const OVERHEAD = 2_500;
/** Bytes that it takes while it is kept; what is still being compressed is not known yet. */
export function sizeOf({ bytes, headers, groups, coded, sent, unchanged }: Representation): number {
  const codes = Object.values(coded).reduce((sum, one) => sum + ('length' in one ? one.length : 0), 0);
  let texts = 0;
  for (const value of Object.values(headers)) texts += String(value).length;
  for (const group of groups ?? []) texts += group.length;
  for (const head of [...Object.values(sent), ...Object.values(unchanged)]) texts += head.length;
  return bytes.buffer.byteLength + codes + OVERHEAD + texts;
}
