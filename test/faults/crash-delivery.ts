// Loaded before a node (`node --import`): kills it with SIGKILL with a message in its hands, as CRASH_AT says, so that the product itself
// carries no hook.
import { writeSync } from 'node:fs';
import pg from 'pg';

/** `claimed`: taken and not sent; `sent`: answered by the receiver, and not noted. */
const AT = process.env.CRASH_AT;
const CLAIM = /with due as \(\s*select d\.id from webhook_deliveries/;
const SETTLE = /update webhook_deliveries d set status = o\.status/;

function die(): never {
  writeSync(2, `killed ${AT}\n`);
  process.kill(process.pid, 'SIGKILL');
  throw new Error('the signal was not delivered');
}

const query = pg.Client.prototype.query;
pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]) {
  const [statement] = given as [string | { text?: string }];
  const text = typeof statement === 'string' ? statement : (statement.text ?? '');
  if (AT === 'sent' && SETTLE.test(text)) die();
  const done = given.at(-1);
  if (AT === 'claimed' && CLAIM.test(text) && typeof done === 'function')
    given[given.length - 1] = (error: Error | null, result?: pg.QueryResult) => {
      if (result?.rowCount) die();
      done(error, result);
    };
  return Reflect.apply(query, this, given);
} as typeof query;
