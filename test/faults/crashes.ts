// kill -9 of a node between any two statements of a change: what was answered is there, what was cut off is whole or absent, and a
// retry settles it. One node stands by, which looks and is asked again; the others are killed one after another.
import { once } from 'node:events';
import type pg from 'pg';
import type { Arming, Moment, Order, Report } from './crash-at.ts';
import { type Node, type NodeOptions, type Reply, startNode, until } from './nodes.ts';
import { type Case, furnish, OPERATIONS, type Operation } from './operations.ts';
import { leftOpen, stateOf, wrongWith } from './stories.ts';

export interface Point {
  operation: Operation;
  statement: number;
  moment: Moment;
  /** As `before 12 insert changes`. */
  name: string;
}
export interface Tally {
  point: Point;
  rounds: number;
  /** How often the change was wholly there after the kill. */
  done: number;
}
export interface CrashReport {
  tallies: Tally[];
  /** Milliseconds from a kill until the server had let go of all that the node held. */
  freed: number[];
  faults: string[];
}
interface Options {
  db: pg.Pool;
  node: Pick<NodeOptions, 'databaseUrl' | 'folder'>;
  /** Which of all points, in which order. */
  choose(points: Point[]): Point[];
  operations?: readonly Operation[];
  /** A node that is there already, which is left running; it does what is due itself, so that only requests can be cut off. */
  looker?: Node;
  say(line: string): void;
}

const PATIENCE_MS = 30_000;
const isCommit = ({ name }: Point) => name.endsWith(' commit');
const isAtWork = (point: Point) => point.moment === 'during' && !isCommit(point);

async function order(node: Node, message: Order): Promise<Report> {
  const answered = once(node.child, 'message');
  node.child.send(message);
  return (await answered)[0] as Report;
}
const arm = (node: Node, arming: Arming) => order(node, { arm: arming });

export async function crashRounds({
  db,
  node: options,
  choose,
  operations = OPERATIONS,
  looker: given,
  say,
}: Options): Promise<CrashReport> {
  const start = () => startNode({ ...options, preloads: ['crash-at.ts'] });
  // Nothing is due for the one that looks: what a killed node leaves behind is for the next one to find.
  const [looker, first] = await Promise.all([given ?? startNode({ ...options, roles: 'api' }), start()]);
  let victim: Node | undefined = first;
  const report: CrashReport = { tallies: [], freed: [], faults: [] };
  const listings = new Map<string, number>();
  try {
    if (!given) await furnish(looker);
    const points: Point[] = [];
    for (const operation of operations) points.push(...(await survey(operation, first, looker, db, listings)));
    // First all that differ in what is committed, then those that differ only in what the server was at work on.
    points.sort((a, b) => Number(isAtWork(a)) - Number(isAtWork(b)));
    const tallies = new Map<Point, Tally>(points.map((point) => [point, { point, rounds: 0, done: 0 }]));
    for (const [round, point] of choose(points).entries()) {
      const name = `round ${round + 1}, ${point.operation.name}, ${point.name}`;
      const tell = (fault: string) => report.faults.push(`${name}: ${fault}`);
      const struck: Node = victim ?? (await start());
      const { done, freed, next } = await crash(point, { victim: struck, looker, db, start, listings, tell }).catch(
        async (error: unknown) => {
          tell(String(error));
          await struck.kill();
          return { done: false, freed: 0, next: undefined };
        },
      );
      victim = next;
      report.freed.push(freed);
      const tally = tallies.get(point);
      if (tally) {
        tally.rounds += 1;
        tally.done += done ? 1 : 0;
      }
      if ((round + 1) % 20 === 0) say(`  ${round + 1} rounds, ${report.faults.length} faults`);
    }
    report.tallies = [...tallies.values()];
    return report;
  } finally {
    await Promise.all([given ? undefined : looker.kill(), victim?.kill()]);
  }
}

/** Carries the change out once without harm, and so finds its statements. */
async function survey(
  operation: Operation,
  victim: Node,
  looker: Node,
  db: pg.Pool,
  listings: Map<string, number>,
): Promise<Point[]> {
  const { scope } = operation;
  await arm(victim, { scope, statement: 0, moment: 'before' });
  const the = await operation.prepare(looker);
  await the.fallDue?.(db);
  await the.send?.(victim, `survey-${operation.name.replaceAll(' ', '-')}`);
  const wrong = () => wrongAfter(the, db, looker, operation, listings);
  await until(`${operation.name} is carried out`, PATIENCE_MS, async () => (await wrong()).length === 0).catch(
    async () => {
      throw new Error(`${operation.name} goes wrong by itself: ${(await wrong()).join('; ')}`);
    },
  );
  const { rows } = await db.query('select count(*)::int as n from listings where article_id = $1 and locale = $2', [
    the.ids[0],
    'en',
  ]);
  if (the.ending.live) listings.set(operation.name, rows[0].n);
  const told = await order(victim, { tell: true });
  const statements = 'statements' in told ? told.statements : [];
  const at = (moment: Moment, statement: number): Point => {
    const name = statement === 0 ? moment : `${moment} ${statement} ${statements[statement - 1]}`;
    return { operation, statement, moment, name };
  };
  const last = statements.length;
  if (!/^commit/.test(statements.at(-1) ?? '')) throw new Error(`${operation.name} ends with ${statements.at(-1)}`);
  return [
    ...statements.map((_, index) => at('before', index + 1)),
    at('during', last),
    at('after', last),
    ...(scope === 'request' ? [at('reply', 0), at('replied', 0)] : []),
    ...statements.slice(0, -1).map((_, index) => at('during', index + 1)),
  ];
}

async function wrongAfter(
  { ids, ending }: Case,
  db: pg.Pool,
  looker: Node,
  { name }: Operation,
  listings: Map<string, number>,
): Promise<string[]> {
  const rows = listings.get(name);
  const expected = { ...ending, ...(rows !== undefined && { listings: rows }) };
  return (await Promise.all(ids.map((id) => wrongWith(db, looker, id, expected)))).flat();
}

interface Round {
  victim: Node;
  looker: Node;
  db: pg.Pool;
  start(): Promise<Node>;
  listings: Map<string, number>;
  tell(fault: string): void;
}

async function crash(point: Point, { victim, looker, db, start, listings, tell }: Round) {
  const { operation, statement, moment } = point;
  const { scope } = operation;
  await arm(victim, { scope, statement, moment });
  const the = await operation.prepare(looker);
  const wrong = () => wrongAfter(the, db, looker, operation, listings);
  const before = await stateOf(db, the.ids);
  const key = `crash-${the.ids[0]}`;
  const gone = new Promise((resolve) => victim.child.once('exit', resolve));
  await the.fallDue?.(db);
  const answered: Reply | undefined = await the.send?.(victim, key).catch(() => undefined);
  const ended = await Promise.race([gone.then(() => true), pause(PATIENCE_MS)]);
  await victim.kill();
  if (!ended || !victim.errors().includes(`killed ${point.name}\n`))
    tell(`it was not killed there: ${victim.errors()}`);
  if ((answered !== undefined) !== (moment === 'replied')) tell(`the answer is ${answered?.status}`);

  const freed = await until('the server lets go', PATIENCE_MS, async () => (await leftOpen(db)) === 0).catch(() => {
    tell('a transaction or a lock is left open');
    return PATIENCE_MS;
  });
  const done = (await stateOf(db, the.ids)) !== before;
  if (done) for (const fault of await wrong()) tell(`half done: ${fault}`);
  const must = moment === 'after' || moment === 'reply' || moment === 'replied';
  if (!(moment === 'during' && isCommit(point)) && done !== must) tell(done ? 'it is done' : 'nothing is done');

  // A retry settles it, or else the next node that looks for what is due.
  const next = the.send ? undefined : await start();
  if (the.send) await settle(the.send, { looker, key, answered, done, tell });
  const patience = until('it is carried out', PATIENCE_MS, async () => (await wrong()).length === 0);
  await patience.catch(async () => tell(`in the end: ${(await wrong()).join('; ')}`));
  if (the.send) {
    const after = await stateOf(db, the.ids);
    await settle(the.send, { looker, key, answered, done: true, tell });
    if ((await stateOf(db, the.ids)) !== after) tell('the second retry changed something');
  }
  return { done, freed, next };
}

const pause = (ms: number) => new Promise<false>((resolve) => setTimeout(resolve, ms, false).unref());

interface Settling {
  looker: Node;
  key: string;
  answered: Reply | undefined;
  done: boolean;
  tell(fault: string): void;
}
async function settle(send: NonNullable<Case['send']>, { looker, key, answered, done, tell }: Settling): Promise<void> {
  const retry = await send(looker, key);
  if (retry.status !== 200) return tell(`the retry is answered ${retry.status}: ${retry.text.slice(0, 500)}`);
  if ((retry.headers.get('idempotent-replayed') === 'true') !== done)
    tell(`the retry is ${done ? 'not ' : ''}a replay`);
  if (answered && answered.text !== retry.text) tell('the retry is answered otherwise');
}
