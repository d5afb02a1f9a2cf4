// A node that may open no file and no connection more for a while: what it is asked meanwhile is told that it is not now, and afterwards all is well.
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { test } from 'tap';
import { freePort } from '../src/db/ports.ts';
import { testDatabase } from './fixtures/database.ts';
import { KEY, startLimited } from './fixtures/processes.ts';
import { until } from './fixtures/until.ts';

t.setTimeout(240_000);
/** Some fifty are open once it serves. */
const FILES = 128;

/** All down one connection, which is open before there is no other any more. */
function onOneConnection(port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return async (method: string, path: string, body?: object): Promise<{ status: number; text: string }> => {
    const headers = { authorization: `Bearer ${KEY}`, ...(body && { 'content-type': 'application/json' }) };
    const asking = request({ agent, host: '127.0.0.1', port, method, path, headers });
    asking.end(body && JSON.stringify(body));
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of answer.setEncoding('utf8')) text += chunk;
    return { status: answer.statusCode ?? 0, text };
  };
}

// Seen to fail with `??=` of promises that are kept though they were rejected in db/migrate.ts (503 for ever), modules/media/store.ts and
// plugins/docs.ts (500 for ever, and the exit code 1), without EMFILE in db/violations.ts (500), and with the HTML being blamed in
// modules/body/worker.ts (400).
test('a node without a descriptor left says so, and is well again without a restart', async (t) => {
  const port = await freePort();
  const node = startLimited(t, FILES, { PORT: String(port), DATABASE_URL: await testDatabase(t), LOG_LEVEL: 'silent' });
  const ask = onOneConnection(port);
  const asked = async (method: string, path: string, body?: object) => (await ask(method, path, body)).status;
  await until('it answers', () => asked('GET', '/health/live').then(Boolean, () => false));
  const crowd = Array.from({ length: 3 * FILES }, () => connect(port, '127.0.0.1').on('error', () => {}));
  t.teardown(() => crowd.forEach((socket) => void socket.destroy()));
  // More than it may have are closed as soon as they come.
  await until('it has no room for more', async () => crowd.filter(({ closed }) => closed).length > FILES);

  const story = (title: string) => ({ locales: { en: { title, body: { html: `<p>${title}</p>` } } } });
  const picture = `/media/${'a'.repeat(64)}.jpg`;
  t.equal(await asked('GET', '/health/ready'), 503);
  t.equal(await asked('GET', '/v1/articles'), 503);
  const refused = await ask('POST', '/v1/desk/articles', story('Meanwhile'));
  t.equal(refused.status, 503, refused.text);
  await Promise.all(['/docs/', picture].map((path) => asked('GET', path)));

  for (const socket of crowd) socket.destroy();
  await until('it has room again', async () => (await asked('GET', '/v1/articles')) === 200);
  await sleep(100);
  t.equal(await asked('GET', '/health/ready'), 200);
  t.equal(await asked('POST', '/v1/desk/articles', story('Afterwards')), 201);
  t.equal(await asked('GET', '/docs/'), 200);
  t.equal(await asked('GET', picture), 404);
  node.process.kill('SIGTERM');
  t.equal((await node.ended).code, 0);
});
