// Turns what Postgres refuses into a problem: a broken constraint, an absent server, text it cannot hold. What it does not know stays a 500.
import { DrizzleQueryError } from 'drizzle-orm/errors';
import pg from 'pg';
import { Problem } from '../errors.ts';

const CONSTRAINTS: Record<string, () => Problem> = {
  drafts_slug: () => slugTaken(),
  published_articles_slug: () => slugTaken(),
  region_texts_slug: () => slugTaken(),
  tag_texts_slug: () => slugTaken(),
  contributor_texts_slug: () => slugTaken(),
  regions_key: () => keyTaken(),
  tags_key: () => keyTaken(),
  contributors_key: () => keyTaken(),
  fields_key: () => keyTaken(),
  partners_key: () => keyTaken(),
  fronts_slug: () => keyTaken('/slug'),
  locales_pkey: () => keyTaken('/tag'),
  users_email: () =>
    new Problem('conflict', { errors: [{ pointer: '/email', code: 'taken', message: 'somebody has this e-mail' }] }),
  media_url: () =>
    new Problem('conflict', {
      errors: [{ pointer: '/url', code: 'taken', message: 'another picture is recorded at this address' }],
    }),
  articles_external_id: () =>
    new Problem('conflict', {
      errors: [{ pointer: '/externalId', code: 'taken', message: 'another story has this external id' }],
    }),
  drafts_article_id_locale_pk: () =>
    new Problem('conflict', { detail: 'The story has a draft in this locale already.' }),
};

const slugTaken = () =>
  new Problem('slug_taken', {
    errors: [{ pointer: '/slug', code: 'taken', message: 'this slug is taken in this locale' }],
  });
const keyTaken = (pointer = '/key') =>
  new Problem('key_taken', { errors: [{ pointer, code: 'taken', message: 'this key is taken' }] });

/**
 * Classes 08 (connection), 53 (resources) and 57P (operator intervention) of the SQLSTATE table, what was waited for or took too long
 * (55P03, 57014), a standby (25006), and Node's socket errors.
 */
const AWAY =
  /^(08...|53...|57P..|55P03|57014|25006|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ENOTFOUND|EAI_AGAIN|EMFILE)$/;
const AWAY_MESSAGE =
  /Connection terminated|timeout expired|timeout exceeded when trying to connect|Client has encountered a connection error|database connections are closed|Cannot use a pool after calling end|Query read timeout|not queryable/;

/** What there is not at the moment, here or in the database, and in how many seconds to ask again: room comes back when somebody makes it. */
const LACKS: Record<string, { detail: string; seconds: string }> = {
  '53100': { detail: 'The database has no room left on its disk; what was asked for was not done.', seconds: '60' },
  // Readers wait as well, where a whole table is held, such as by `vacuum full`.
  '55P03': { detail: 'Somebody else has held what was asked for too long; nothing was done.', seconds: '2' },
  EMFILE: { detail: 'This node has as many connections and files open as it may.', seconds: '2' },
  '53200': { detail: 'The database has no memory left; what was asked for was not done.', seconds: '5' },
};
const SILENT = { detail: 'The database does not answer at the moment.', seconds: '2' };

/** Deadlock, or serialization failure: nothing was written, and the same will do at the next try. */
export const lostRace = (error: unknown): boolean => hasCode(error, '40001', '40P01');

/** A standby, or made so while it was in use: nothing was written, and the next connection may lead to its successor. */
export const isReadOnly = (error: unknown): boolean => hasCode(error, '25006');

function hasCode(error: unknown, ...codes: string[]): boolean {
  for (let current = error; current instanceof Error; current = current.cause)
    if (current instanceof pg.DatabaseError) return codes.includes(current.code ?? '');
  return false;
}

/** @returns a problem to answer with, or undefined where this is not the database's doing */
export function problemOf(error: unknown): Problem | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current instanceof Problem) return current;
    const code = 'code' in current && typeof current.code === 'string' ? current.code : '';
    if (current instanceof pg.DatabaseError) {
      if (code === '23505' || code === '23503')
        return CONSTRAINTS[current.constraint ?? '']?.() ?? new Problem('conflict', { cause: error });
      if (lostRace(current))
        return new Problem('conflict', { detail: 'Somebody else was changing the same; try again.', cause: error });
      if (code === '22021' || code === '22P05')
        return new Problem('bad_request', {
          detail: 'The request has text that is not well-formed Unicode.',
          cause: error,
        });
    }
    // drizzle tells what the statement was given, too: a title may have any of these words.
    const told = current instanceof DrizzleQueryError ? '' : current.message;
    if (AWAY.test(code) || AWAY_MESSAGE.test(told)) {
      const { detail, seconds } = LACKS[code] ?? SILENT;
      return new Problem('service_unavailable', { detail, headers: { 'retry-after': seconds }, cause: error });
    }
  }
  return undefined;
}
