// What every connection is opened with, over what a server, a database or a role has by default, so that answers are the same on all of
// them. It refuses nothing: db/migrate.ts looks whether it arrives.

import pg from 'pg';

// As it stands, a Date goes out by the clock of this machine, with an offset in whole minutes: 11 seconds off in Tbilisi until 1924.
pg.defaults.parseInputDatesAsUTC = true;

/**
 * Serializable, jobs and changes are refused for what others do at the same time (40001), and dates are read as ISO 8601 alone, of which
 * offsets by seconds are no part (+02:59:11 in Tbilisi until 1924). Connections that listen are at rest for long. With plans compiled (jit),
 * as by default in Postgres though not in the embedded one, a search among 800 stories took more than 5 s, at which it is cancelled, and
 * 0.07 s without (PostgreSQL 15 of Debian).
 */
const ALWAYS =
  '-c default_transaction_isolation=read\\ committed -c DateStyle=ISO -c TimeZone=UTC -c idle_session_timeout=0 -c jit=off';
/** For what waits for another node, or works on all there is, as long as it takes. */
const PATIENT = '-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0';

export const settings = (own: string): string => `${ALWAYS} ${own}`;
export const PATIENTLY = settings(PATIENT);
