// Says in words of an operator why a database cannot be used at start; it never repeats the password.
import pg from 'pg';

const STATES: Record<string, string> = {
  '28P01': 'it refuses the user name or the password',
  '28000': 'it refuses this user, or a connection without TLS',
  '3D000': 'it has no database of this name',
  '42501': 'this user may not do what the schema needs',
  '25006': 'nothing can be written there: it is a standby, or was made read-only',
  '53100': 'there is no room left on its disk',
  '53300': 'all its connections are taken',
  '57P03': 'it is starting or stopping',
};
const SOCKET: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host is not known',
  EAI_AGAIN: 'the host is not known at the moment',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the host cannot be reached',
  ECONNRESET: 'it hung up',
};

/** @returns an Error whose message is all that has to be shown, or undefined when the database is not to blame */
export function explainRefusal(error: unknown, databaseUrl: string): Error | undefined {
  const { host, port, database, user } = new pg.Client(databaseUrl);
  const subject = `The database ${database} at ${host}:${port} cannot be used${user ? ` as ${user}` : ''}`;
  const advice = 'Look at DATABASE_URL and at the server.';
  for (let current = error; current instanceof Error; current = current.cause ?? firstOf(current)) {
    const code = 'code' in current && typeof current.code === 'string' ? current.code : '';
    const said = current instanceof pg.DatabaseError ? ` (${current.message}; SQLSTATE ${code})` : code && ` (${code})`;
    const words = current.message + detailOf(current);
    if (/role "dateline_reader" does not exist|for table published_articles/.test(words)) {
      return new Error(
        `${subject}: it was restored where the role of readers was missing, and they have lost their rights with it${said}. ` +
          'Restore it anew, and make the role before that: README, Backup.',
        { cause: error },
      );
    }
    const isMissing = /permission denied to create role/i.test(words);
    if (isMissing || /(grant|set) role "dateline_reader"|admin option/i.test(words)) {
      return new Error(
        `${subject}: readers are served under a role of their own, and this user may not make or take it${said}. ` +
          `Have a superuser run: ${isMissing ? 'create role dateline_reader nologin; ' : ''}grant dateline_reader to ${pg.escapeIdentifier(user ?? '')};`,
        { cause: error },
      );
    }
    const reason = current instanceof pg.DatabaseError ? STATES[code] : SOCKET[code];
    if (reason) return new Error(`${subject}: ${reason}${said}. ${advice}`, { cause: error });
    if (/timeout expired|Connection terminated|SSL|self-signed certificate|startup parameter/.test(current.message)) {
      return new Error(`${subject}: ${current.message}. ${advice}`, { cause: error });
    }
  }
  return undefined;
}

/** Node tries every address of a host: ECONNREFUSED for `localhost` comes as an AggregateError. */
const firstOf = (error: Error): unknown => (error instanceof AggregateError ? error.errors[0] : undefined);
const detailOf = (error: Error) => (error instanceof pg.DatabaseError ? ` ${error.detail ?? ''}` : '');
