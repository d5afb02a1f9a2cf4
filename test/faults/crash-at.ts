// Loaded before a node (`node --import`): kills it with SIGKILL at a named point of a request or of a batch of what is due, so that
// the product itself carries no hook. It is told where by a message, and answers with the statements that it saw.
import { AsyncLocalStorage } from 'node:async_hooks';
import { writeSync } from 'node:fs';
import { type IncomingMessage, Server, ServerResponse } from 'node:http';
import pg from 'pg';

/** The header of the request that is meant; within it, everything that is asked of the database counts. */
export const MARK = 'x-fault';

export type Moment =
  /** Not sent. */
  | 'before'
  /** Sent; nobody waits for what becomes of it. */
  | 'during'
  /** Answered by the database. */
  | 'after'
  /** All is committed, and nothing of the answer is sent. */
  | 'reply'
  /** The answer is with the operating system. */
  | 'replied';

export interface Arming {
  /** A request with the mark, or the first batch of what is due. */
  scope: 'request' | 'sweep';
  /** From 1; 0 to see and kill nothing. */
  statement: number;
  moment: Moment;
}
export type Order = { arm: Arming } | { tell: true };
export type Report = { armed: true } | { statements: string[] };

const CLAIM = /from schedules s join articles a/;

let arming: Arming | undefined;
let statements: string[] = [];
/** The connection of the first batch. */
let sweeping: object | undefined;
const request = new AsyncLocalStorage<true>();

process.on('message', (order: Order) => {
  if ('arm' in order) {
    arming = order.arm;
    statements = [];
    sweeping = undefined;
    process.send?.({ armed: true } satisfies Report);
  } else process.send?.({ statements } satisfies Report);
});
// The channel must not keep a node running that was told to stop.
process.channel?.unref();

function die(at: string): never {
  writeSync(2, `killed ${at}\n`); // to a pipe, and done when it returns
  process.kill(process.pid, 'SIGKILL');
  throw new Error('the signal was not delivered');
}

/** Verb and table, as `insert published_articles`. */
export function nameOf(text: string): string {
  const flat = text.replaceAll(/["\s]+/g, ' ').trim();
  const [verb = ''] = /^\w+/.exec(flat) ?? [];
  if (/^(begin|commit|rollback|savepoint|release)$/i.test(verb)) return flat.split(' ').slice(0, 2).join(' ');
  const change = /\b(insert) into (\w+)|\b(update) (\w+) (?:\w+ )?set|\b(delete) from (\w+)/i.exec(flat);
  if (change) return change.slice(1).filter(Boolean).join(' ');
  const [, from] = /\bfrom (\w+)/i.exec(flat) ?? [];
  const [, called] = /^select (?:[\w.]+\.)?(\w+)\(/i.exec(flat) ?? [];
  return `${verb} ${called ?? from ?? ''}`.trim();
}

function counts(client: object, text: string): boolean {
  if (arming?.scope === 'request') return request.getStore() === true;
  if (arming?.scope !== 'sweep') return false;
  if (!sweeping && CLAIM.test(text)) sweeping = client;
  return sweeping === client;
}

const query = pg.Client.prototype.query;
pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]) {
  const [statement] = given as [string | { text?: string }];
  const text = typeof statement === 'string' ? statement : (statement.text ?? '');
  const send = () => Reflect.apply(query, this, given);
  // What hears of changes is no part of the request: it is waited for once all is committed.
  if (!arming || text.includes('dateline_cache') || !counts(this, text)) return send();
  statements.push(nameOf(text));
  if (arming.scope === 'sweep' && /^commit/i.test(text)) sweeping = {}; // one batch, and none after it
  if (statements.length !== arming.statement) return send();
  const at = `${arming.moment} ${arming.statement} ${nameOf(text)}`;
  if (arming.moment === 'before') die(at);
  const sent = send() as Promise<unknown>;
  // pg writes on the next tick; an immediate comes after that, and before any answer of a server at work is read.
  if (arming.moment === 'during') setImmediate(die, at);
  if (arming.moment === 'after') return sent.then(() => die(at));
  return sent;
} as typeof query;

const emit = Server.prototype.emit;
Server.prototype.emit = function (this: Server, event: string | symbol, ...given: unknown[]) {
  const [message] = given as [IncomingMessage | undefined];
  const pass = () => Reflect.apply(emit, this, [event, ...given]) as boolean;
  return event === 'request' && message?.headers[MARK] ? request.run(true, pass) : pass();
} as typeof emit;

// An inner request has headers of its own, without the mark.
const isMeant = (response: ServerResponse) => arming?.scope === 'request' && response.req?.headers[MARK] !== undefined;
const writeHead = ServerResponse.prototype.writeHead;
ServerResponse.prototype.writeHead = function (this: ServerResponse, ...given: unknown[]) {
  if (isMeant(this) && arming?.moment === 'reply') die('reply');
  if (isMeant(this) && arming?.moment === 'replied') this.once('finish', () => setImmediate(die, 'replied'));
  return Reflect.apply(writeHead, this, given);
} as typeof writeHead;
