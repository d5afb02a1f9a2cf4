// The spans of time over which "most read" is asked, and what a view in each of their buckets weighs. It reads no clock.

export const SPANS = ['1h', '24h', '7d', '30d', 'all'] as const;
export type Span = (typeof SPANS)[number];

interface Decay {
  /** What its counts are summed by. */
  bucket: 'hour' | 'day';
  /** Buckets that the span is long. */
  length: number;
  /** After so many buckets a view weighs half; null where all weigh alike. */
  halfLife: number | null;
}

/**
 * A quarter of each span, about. In one hour nothing decays: the bucket of this hour may be a minute old, and would hide the one
 * before. `all` is the total.
 */
export const DECAYS: Readonly<Record<Exclude<Span, 'all'>, Decay>> = {
  '1h': { bucket: 'hour', length: 1, halfLife: null },
  '24h': { bucket: 'hour', length: 24, halfLife: 6 },
  '7d': { bucket: 'hour', length: 168, halfLife: 42 },
  '30d': { bucket: 'day', length: 30, halfLife: 7 },
};

/** A view of this very hour or day. Whole numbers, since sums of them are the same in any order. */
export const UNIT = 2 ** 20;
export const MINUTES = { hour: 60, day: 1_440 } as const;

export interface Weights {
  bucket: 'hour' | 'day';
  /** By the age of the bucket, 0 being the present one: minutes of it that lie in the span. */
  inside: number[];
  /** The same: what a view in it weighs, times these minutes. */
  weights: bigint[];
  /** Minutes of a whole bucket. */
  minutes: number;
}

/**
 * The span ends now and is as long as it says: the bucket that its beginning cuts counts by the part that lies inside, as if it had
 * been read evenly. The age of a bucket is a whole number, so that through an hour scores move by what is read, not by the clock.
 * @param into minutes since the present hour or day began
 */
export function weightsOf(span: Exclude<Span, 'all'>, into: { hour: number; day: number }): Weights {
  const { bucket, length, halfLife } = DECAYS[span];
  const minutes = MINUTES[bucket];
  const inside = Array.from({ length: length + 1 }, (_, age) => (age < length ? minutes : minutes - into[bucket]));
  const weights = inside.map((part, age) => BigInt(part) * BigInt(weightAt(age, halfLife)));
  return { bucket, inside, weights, minutes };
}

const weightAt = (age: number, halfLife: number | null) =>
  halfLife === null ? UNIT : Math.floor(UNIT * 2 ** (-age / halfLife));
