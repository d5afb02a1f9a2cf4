// When a message is tried again, and for how long a receiver may fail. It looks at no clock.
import type { IncomingHttpHeaders } from 'node:http';

const [MINUTE, HOUR, DAY] = [60, 3_600, 86_400];

/** Seconds before each try, counted from the end of the one before (the schedule that Standard Webhooks gives): 75.6 hours in all. */
const DELAYS = [0, 5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
/** So that what failed together does not come back together. */
const JITTER = 0.1;
const LONGEST_RETRY_AFTER = DAY;

/**
 * @param attempts that came to an end, the last one included
 * @param retryAfter as the receiver asked, in seconds
 * @returns seconds until the next one; null where there is none
 */
export function retryIn(attempts: number, retryAfter: number | null, random = Math.random()): number | null {
  const delay = DELAYS[attempts];
  if (delay === undefined) return null;
  return Math.max(delay * (1 + JITTER * random), retryAfter ?? 0);
}

/**
 * Seconds, from either form of Retry-After (RFC 9110 section 10.2.3), a day at most. A date is compared with the receiver's own
 * clock where it tells it: neither ours nor its own has to be right.
 */
export function retryAfterOf(headers: IncomingHttpHeaders, now: number): number | null {
  const given = headers['retry-after'];
  if (given === undefined) return null;
  const there = Date.parse(headers.date ?? '');
  const seconds = /^\d+$/.test(given)
    ? Number(given)
    : (Date.parse(given) - (Number.isNaN(there) ? now : there)) / 1_000;
  return seconds > 0 ? Math.min(seconds, LONGEST_RETRY_AFTER) : null;
}

/** With nothing but failures for so long, it is disabled; short of two whole schedules, which take a week. */
export const DISABLED_AFTER_DAYS = 5;
