// How much memory this process may take. It does not tell how much it does.
import { totalmem } from 'node:os';

const MEBIBYTE = 2 ** 20;

/** @returns MiB that a container lets it take; undefined where no more than the machine limits it */
export function findLimit(): number | undefined {
  const limit = process.constrainedMemory();
  return limit === 0 || limit >= totalmem() ? undefined : limit / MEBIBYTE;
}

/** @returns MiB: so many, and no more than an eighth of what a container lets it take */
export const withinAnEighth = (most: number): number => Math.floor(Math.min(most, (findLimit() ?? Infinity) / 8));
