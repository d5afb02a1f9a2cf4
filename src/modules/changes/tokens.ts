// How far a reader has come in the change log, as a signed token bound to its filters and to the partner that it was made for; one
// that would skip what is gone, or what the partner had on other terms, is refused.
import { hash } from 'node:crypto';
import type { PublicDb } from '../../db/pipeline.ts';
import { invalid, Problem } from '../../errors.ts';
import type { Cursors } from '../../plugins/cursors.ts';
import { type ChangeFilters, type ChangePage, haveAbsorbed, type LogPlace } from './queries.ts';

export interface Progress extends LogPlace {
  /** Of the log that it is a place in; null for a reader who begins. */
  epoch: string | null;
  /** Up to where rows were taken out when the reader began: it never saw what they took back. */
  began: LogPlace;
}

const NOWHERE: LogPlace = { transaction: '0', id: '0' };
export const BEGINNING: Progress = { ...NOWHERE, epoch: null, began: NOWHERE };

// What a partner may have is not among it: a token from before it changed says to start anew, and not that it was made elsewhere.
const scopeOf = ({ types, locales, regionIds, cut }: ChangeFilters) =>
  JSON.stringify([
    'changes',
    ...[types, cut ? null : locales, regionIds].map((names) => names?.toSorted() ?? null),
    ...(cut ? [cut.partnerId, cut.asked] : []),
  ]);
const termsOf = ({ cut }: ChangeFilters) => (cut ? hash('sha256', cut.terms, 'base64url').slice(0, 22) : '');

export function encodeToken(
  cursors: Cursors,
  filters: ChangeFilters,
  { transaction, id, epoch, began }: Progress,
): string {
  return cursors.encode(scopeOf(filters), 'next', [
    `${transaction}/${id}`,
    `${epoch}/${began.transaction}/${began.id}/${termsOf(filters)}`,
  ]);
}

/**
 * @throws Problem validation_failed for one that was not made here for these filters and this partner; token_expired for one from other
 * terms, or that may be from before regions were merged
 */
export async function decodeToken(
  db: PublicDb,
  cursors: Cursors,
  filters: ChangeFilters,
  token: string,
  parameter: string,
): Promise<Progress> {
  const { place, origin } = await read(db, cursors, filters, token, parameter);
  const [transaction = '', id = ''] = place.split('/');
  const [epoch = '', begun = '', beganId = '', terms = ''] = origin.split('/');
  if (terms !== termsOf(filters)) throw termsChanged();
  return { transaction, id, epoch, began: { transaction: begun, id: beganId } };
}

async function read(db: PublicDb, cursors: Cursors, filters: ChangeFilters, token: string, parameter: string) {
  try {
    const [place, origin] = cursors.decode(scopeOf(filters), token).values;
    return { place: String(place), origin };
  } catch {
    // Whoever goes on asking as before named another region then: they changed no filter, and are told what to do as others are.
    if (filters.regionIds && (await haveAbsorbed(db, filters.regionIds)))
      throw new Problem('token_expired', { detail: 'Regions were merged since; start anew without it.' });
    throw invalid({ parameter }, 'was not made here, or for other filters, or with another key; start anew without it');
  }
}

/** What a copy of the partner holds is not what it would be told now. */
export const termsChanged = () =>
  new Problem('token_expired', { detail: 'What you are entitled to has changed since; start anew without it.' });

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
