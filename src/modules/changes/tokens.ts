// How far a reader has come in the change log, as a signed token bound to its filters; one that would skip what is gone is refused.
import { invalid, Problem } from '../../errors.ts';
import type { Cursors } from '../../plugins/cursors.ts';
import type { ChangeFilters, ChangePage, LogPlace } from './queries.ts';

export interface Progress extends LogPlace {
  /** Of the log that it is a place in; null for a reader who begins. */
  epoch: string | null;
  /** Up to where rows were taken out when the reader began: it never saw what they took back. */
  began: LogPlace;
}

const NOWHERE: LogPlace = { transaction: '0', id: '0' };
export const BEGINNING: Progress = { ...NOWHERE, epoch: null, began: NOWHERE };

const scopeOf = ({ types, locales, regionIds }: ChangeFilters) =>
  JSON.stringify(['changes', ...[types, locales, regionIds].map((names) => names?.toSorted() ?? null)]);

export function encodeToken(
  cursors: Cursors,
  filters: ChangeFilters,
  { transaction, id, epoch, began }: Progress,
): string {
  return cursors.encode(scopeOf(filters), 'next', [
    `${transaction}/${id}`,
    `${epoch}/${began.transaction}/${began.id}`,
  ]);
}

/** @throws Problem validation_failed for one that was not made here for these filters */
export function decodeToken(cursors: Cursors, filters: ChangeFilters, token: string, parameter: string): Progress {
  try {
    const [place, origin] = cursors.decode(scopeOf(filters), token).values;
    const [transaction = '', id = ''] = String(place).split('/');
    const [epoch = '', begun = '', beganId = ''] = origin.split('/');
    return { transaction, id, epoch, began: { transaction: begun, id: beganId } };
  } catch {
    throw invalid({ parameter }, 'was not made here, or for other filters; start anew without it');
  }
}

const isBefore = (one: LogPlace, other: LogPlace) =>
  BigInt(one.transaction) < BigInt(other.transaction) ||
  (one.transaction === other.transaction && BigInt(one.id) < BigInt(other.id));

/** What has been read of the page. @throws Problem token_expired where rows were taken out that the reader has not seen */
export function progressOf(from: Progress, page: ChangePage): Progress {
  const { epoch, trimmed } = page;
  const began = from.epoch === null ? trimmed : from.began;
  const isForeign = from.epoch !== null && from.epoch !== epoch;
  if (isForeign || (isBefore(from, trimmed) && isBefore(began, trimmed))) throw new Problem('token_expired');
  const { transaction, id } = page.scanned ?? page.rows.at(-1) ?? from;
  return { transaction, id, epoch, began };
}
