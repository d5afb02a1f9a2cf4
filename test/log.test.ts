// The log of a process whose output nobody reads: answers do not wait for it, and what is missing is counted (F27).
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import t, { test } from 'tap';
import { expect, killAll, type Node, startNode } from './faults/nodes.ts';
import { testDatabase } from './fixtures/database.ts';
import { withClient } from './fixtures/sql.ts';
import { until } from './fixtures/until.ts';

t.setTimeout(120_000);
const folder = await mkdtemp(join(tmpdir(), 'dateline-log-'));
await chmod(folder, 0o755);
t.teardown(() => rm(folder, { recursive: true, force: true }));
t.teardown(killAll);
const databaseUrl = await testDatabase(t);
await withClient(databaseUrl, (client) => client.query('alter table fronts rename to elsewhere'));
const start = () => startNode({ databaseUrl, folder, roles: 'api', output: 'pipe' });

/** Each is a line with a stack, of 700 bytes and more. */
async function fail(node: Node, times: number): Promise<void> {
  for (let left = times; left > 0; left -= 20)
    await Promise.all(
      Array.from({ length: Math.min(left, 20) }, async () =>
        expect(await node.send('GET', '/v1/fronts', { open: true }), 500),
      ),
    );
}
const outputOf = ({ child }: Node) => child.stdout as Readable;

// Seen to fail with pino's own stream, which keeps all of it in memory, and so has nothing to tell of.
test('a server is asked and ends as ever, whoever reads its log; what nobody took is counted', async (t) => {
  const unread = await start();
  await fail(unread, 2_000);
  t.equal((await unread.send('GET', '/health/ready', { open: true })).status, 200);
  let text = '';
  outputOf(unread).on('data', (bytes) => {
    text += bytes;
  });
  await until('it says what is missing', async () => text.includes('are missing here'));
  await fail(unread, 1);
  await unread.stop();
  const lines = text.split('\n').filter((line) => line.startsWith('{'));
  const told = lines.map((line) => JSON.parse(line) as { msg: string; time: number });
  const at = told.findIndex(({ msg }) => msg.includes('are missing here'));
  const missing = Number(told[at]?.msg.split(' ')[0]);
  t.ok(missing > 0);
  t.equal(told.length - 1 + missing, 2_001, 'each is there or counted');
  t.equal(at, told.length - 2, 'it stands where they are missing');
  t.same(
    told.map(({ time }) => time),
    told.map(({ time }) => time).toSorted((one, other) => one - other),
    'in order',
  );
  t.match(text.trimEnd(), /Stopping: requests in flight are finished first\.$/, 'to the last line');
});

// Seen to fail with LAST_WORDS_MS of a minute, and with pino's own stream, whose end waits for a reader.
test('one that is told to stop does so, whether anybody reads its log or not', async (t) => {
  const unread = await start();
  await fail(unread, 400);
  const exited = once(unread.child, 'exit');
  unread.child.kill('SIGTERM');
  const began = performance.now();
  t.same(await exited, [0, null]);
  t.ok(performance.now() - began < 30_000, `${performance.now() - began} ms`);
});
