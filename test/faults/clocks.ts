// Nodes whose clocks are hours off: what is due, what is future and what has expired is the database's to say, whatever they believe.
import { existsSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { expect, type Node, type NodeOptions, startNode, until } from './nodes.ts';
import { furnish } from './operations.ts';

interface Refusal {
  errors: { code: string }[];
}

const HOURS = 2;
const HOUR_MS = 3_600_000;
const PATIENCE_MS = 60_000;
const PASSWORD = 'twelve boats at noon';

export interface ClockReport {
  /** Milliseconds that stories were late, by node. */
  late: Map<string, number[]>;
  faults: string[];
}

/** libfaketime where the system has it: every program sees that clock; else the one that JavaScript sees. */
export async function findFakeTime(): Promise<string | undefined> {
  for await (const path of glob('/usr/lib/*/faketime/libfaketime.so.1')) if (existsSync(path)) return path;
  return undefined;
}

export function wrongClock(hours: number, fakeTime: string | undefined): Pick<NodeOptions, 'env' | 'preloads'> {
  if (!fakeTime) return { preloads: ['shifted-clock.ts'], env: { CLOCK_SHIFT_MS: String(hours * HOUR_MS) } };
  // Its timers and timeouts run by the monotonic clock, which no wrong time of day touches.
  const FAKETIME = `${hours < 0 ? '-' : '+'}${Math.abs(hours)}h`;
  return { env: { LD_PRELOAD: fakeTime, FAKETIME, FAKETIME_DONT_FAKE_MONOTONIC: '1' } };
}

interface Options {
  db: pg.Pool;
  node: Pick<NodeOptions, 'databaseUrl' | 'folder'>;
  fakeTime: string | undefined;
  /** Stories for each direction. */
  stories: number;
  /** How much later than its time a story may be seen. */
  mostLateMs: number;
}

export async function wrongClocks({ db, node: options, fakeTime, stories, mostLateMs }: Options): Promise<ClockReport> {
  const report: ClockReport = { late: new Map(), faults: [] };
  // The right clock has no jobs: all that happens by itself is done by nodes that are wrong.
  const right = await startNode({ ...options, roles: 'api' });
  try {
    await furnish(right);
    for (const hours of [HOURS, -HOURS]) {
      const name = `a clock ${Math.abs(hours)} h ${hours > 0 ? 'fast' : 'slow'}`;
      const check = (holds: boolean, what: string) => {
        if (!holds) report.faults.push(`${name}: ${what}`);
      };
      const wrong = await startNode({ ...options, ...wrongClock(hours, fakeTime) });
      try {
        const off = await hoursOff(wrong);
        check(Math.abs(off - hours) < 0.1, `its clock is off by ${off} h`);
        const late = await Promise.all(Array.from({ length: stories }, (_, n) => dueOn(wrong, right, n, check)));
        check(Math.max(...late) <= mostLateMs, `late by ${late} ms`);
        report.late.set(name, late);
        await judgements(db, wrong, right, check);
      } finally {
        await wrong.kill();
      }
    }
    return report;
  } finally {
    await right.kill();
  }
}

type Check = (holds: boolean, what: string) => void;
const url = (id: string, path = '') => `/v1/desk/articles/${id}/locales/en${path}`;
const makeStory = async (node: Node): Promise<string> =>
  expect(
    await node.send('POST', '/v1/desk/articles', { payload: { locales: { en: { title: 'Slack water' } } } }),
    201,
  ).json<{ data: { id: string } }>().data.id;

/** By what it believes the time to be: an id begins with the milliseconds at which it was made (RFC 9562 section 5.7). */
export async function hoursOff(node: Node): Promise<number> {
  const id = await makeStory(node);
  return (Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16) - Date.now()) / HOUR_MS;
}

/** Scheduled and carried out by the wrong node. @returns how late a reader was given it */
async function dueOn(wrong: Node, right: Node, n: number, check: Check): Promise<number> {
  const id = await makeStory(wrong);
  const at = Date.now() + 2_000 + n * 150;
  const payload = { at: new Date(at).toISOString() };
  expect(await wrong.send('POST', url(id, '/schedule'), { version: 1, payload }), 201);
  for (;;) {
    const answers = await Promise.all(
      [wrong, right].map((node) => node.send('GET', `/v1/articles/${id}`, { open: true })),
    );
    if (Date.now() >= at) break;
    check(
      answers.every(({ status }) => status === 404),
      `${at - Date.now()} ms early`,
    );
    await sleep(20);
  }
  const isOut = async () => (await right.send('GET', `/v1/articles/${id}`, { open: true })).status === 200;
  await until('it is public', PATIENCE_MS, isOut);
  const seen = Date.now() - at;
  const { publishedAt } = (await wrong.send('GET', `/v1/articles/${id}`, { open: true })).json<{
    data: { publishedAt: string };
  }>().data;
  check(publishedAt === payload.at, `publishedAt is ${publishedAt}, not ${payload.at}`);
  return seen;
}

/** What a node answers that depends on what time it is. */
export async function judgements(db: pg.Pool, wrong: Node, other: Node, check: Check): Promise<void> {
  await refusals(wrong, check);
  await expiries(db, wrong, other, check);
}

/** An hour ahead is future for everybody, an hour ago past, whatever the node thinks. */
async function refusals(wrong: Node, check: Check): Promise<void> {
  const at = (hours: number) => new Date(Date.now() + hours * HOUR_MS).toISOString();
  const id = await makeStory(wrong);
  const past = await wrong.send('POST', url(id, '/schedule'), { version: 1, payload: { at: at(-1) } });
  check(
    past.status === 400 && past.json<Refusal>().errors[0]?.code === 'past',
    `scheduled for the past: ${past.status}`,
  );
  const future = await wrong.send('POST', url(id, '/publish'), { version: 1, payload: { publishedAt: at(1) } });
  check(future.status === 400 && future.json<Refusal>().errors[0]?.code === 'future', `dated ahead: ${future.status}`);
  const ahead = await wrong.send('POST', url(id, '/schedule'), { version: 1, payload: { at: at(1) } });
  check(ahead.status === 201, `scheduled for the future: ${ahead.status}`);
  await sleep(1_000);
  const read = await wrong.send('GET', `/v1/articles/${id}`, { open: true });
  check(read.status === 404, 'what is due in an hour is public');
}

/** What one of the two has made is as good on the other, and what has expired is so on both. */
async function expiries(db: pg.Pool, wrong: Node, right: Node, check: Check): Promise<void> {
  const email = `pilot-${process.pid}-${Date.now()}@harbour.example`;
  const person = { email, name: 'Pilot', role: 'editor', password: PASSWORD };
  expect(await wrong.send('POST', '/v1/desk/users', { payload: person }), 201);
  const id = await makeStory(wrong);
  for (const [maker, other] of [
    [wrong, right],
    [right, wrong],
  ] as const) {
    const who = maker === wrong ? 'made by it' : 'made by another';
    const signIn = { payload: { email, password: PASSWORD }, open: true };
    const session = expect(await maker.send('POST', '/v1/desk/sessions', signIn), 201).json<{
      data: { accessToken: string; refreshToken: string };
    }>().data;
    const expiresAt = new Date(Date.now() + HOUR_MS).toISOString();
    const input = { payload: { name: 'tide', scopes: ['articles:read'], expiresAt } };
    const { key: secret } = expect(await maker.send('POST', '/v1/desk/keys', input), 201).json<{
      data: { key: string };
    }>().data;
    const preview = { payload: { expiresIn: 3_600 } };
    const { token } = expect(await maker.send('POST', url(id, '/previews'), preview), 201).json<{
      data: { token: string };
    }>().data;
    const ask = async () => {
      const bearer = (value: string) => ({ open: true, headers: { authorization: `Bearer ${value}` } });
      const asked = [wrong, right].flatMap((node) => [
        node.send('GET', '/v1/desk/articles', bearer(session.accessToken)),
        node.send('GET', '/v1/desk/articles', bearer(secret)),
        node.send('GET', `/v1/previews/${token}`, { open: true }),
      ]);
      return (await Promise.all(asked)).map(({ status }) => status).join();
    };
    const good = await ask();
    check(good === '200,200,200,200,200,200', `${who}: session, key and preview are answered ${good}`);
    // Refreshed where the clock is another one.
    const refresh = { payload: { refreshToken: session.refreshToken }, open: true };
    const refreshed = await other.send('POST', '/v1/desk/sessions/refresh', refresh);
    check(refreshed.status < 300, `${who}: the session is refreshed with ${refreshed.status}`);
    await db.query("update sessions set access_expires_at = now() - interval '1 second'");
    await db.query("update api_keys set expires_at = now() - interval '1 second' where name = 'tide'");
    await db.query("update previews set expires_at = now() - interval '1 second'");
    const ended = await ask();
    check(ended === '401,401,404,401,401,404', `${who}, expired: session, key and preview are answered ${ended}`);
  }
}
