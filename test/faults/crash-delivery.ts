// Loaded before a node (`node --import`): kills it with SIGKILL with a message in its hands, as CRASH_AT says, so that the product itself
// carries no hook.
import { writeSync } from 'node:fs';
import pg from 'pg';

/**
 * `spreading`: the event is committed, and its message is not; `spread`: the message is committed, and nobody knows; `claimed`: taken and
 * not sent; `sent`: answered by the receiver, and not noted.
 */
const AT = process.env.CRASH_AT;
const SPREAD = /insert into webhook_deliveries/;
const DISPATCH = /'deliver_webhook'.*order by w\.id/s;
const CLAIM = /with due as \(\s*select d\.id from webhook_deliveries/;
const SETTLE = /update webhook_deliveries d set status = o\.status/;

function die(): never {
  writeSync(2, `killed ${AT}\n`);
  process.kill(process.pid, 'SIGKILL');
  throw new Error('the signal was not delivered');
}

let hasSpread = false;
const query = pg.Client.prototype.query;
pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]) {
  const [statement] = given as [string | { text?: string }];
  const text = typeof statement === 'string' ? statement : (statement.text ?? '');
  if (AT === 'sent' && SETTLE.test(text)) die();
  if (AT === 'spread' && hasSpread && DISPATCH.test(text)) die();
  hasSpread ||= SPREAD.test(text);
  const isPoint = (AT === 'claimed' && CLAIM.test(text)) || (AT === 'spreading' && SPREAD.test(text));
  if (!isPoint) return Reflect.apply(query, this, given);
  const dieOf = (result?: pg.QueryResult) => {
    if (result?.rowCount) die();
  };
  // Of a pool with a callback, of a transaction with a promise.
  const done = given.at(-1);
  if (typeof done === 'function')
    given[given.length - 1] = (error: Error | null, result?: pg.QueryResult) => {
      dieOf(result);
      done(error, result);
    };
  const answer = Reflect.apply(query, this, given);
  return typeof done === 'function'
    ? answer
    : answer.then((result: pg.QueryResult) => {
        dieOf(result);
        return result;
      });
} as typeof query;
