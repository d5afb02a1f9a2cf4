// Requests that drip: headers and bodies have half a minute to arrive, files of those who may send them have longer (G65).
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { story, textOf } from './fixtures/importing.ts';
import { listen } from './fixtures/socket.ts';

t.setTimeout(120_000);
const site = await buildTestApp(t, { roles: { api: true, jobs: false } });
const port = Number(new URL((await listen(site)).origin).port);

/** Sends the beginning at once, then a byte every two seconds, and the rest after `lasting` ms if the connection is there by then. */
async function drip(beginning: string, slow: string, lasting: number) {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let endedAt = 0;
  const began = performance.now();
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    text += bytes;
  });
  const ended = new Promise<void>((resolve) => {
    socket.on('close', () => {
      endedAt = performance.now() - began;
      resolve();
    });
  });
  socket.write(beginning);
  let sent = 0;
  while (performance.now() - began < lasting && endedAt === 0) {
    await Promise.race([sleep(2_000), ended]);
    if (endedAt === 0) socket.write(slow.slice(sent, ++sent));
  }
  if (endedAt === 0) {
    socket.write(slow.slice(sent));
    await Promise.race([sleep(5_000), ended]);
  }
  socket.destroy();
  return { status: Number(text.split(' ')[1]), text, endedAt };
}

const post = (path: string, key: string | null, type: string, length: number) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n${key === null ? '' : `Authorization: Bearer ${key}\r\n`}\r\n`;

// Seen to fail with: requestTimeout of 30 s (the file is cut off), without the plugin (bodies drip on), and with the request itself as the
// body of an import, which only a socket shows.
test('what drips is told 408 and cut off after half a minute, and a file is not', async (t) => {
  const json = JSON.stringify({ locales: { en: { title: 'x'.repeat(100) } } });
  const file = textOf([story(1), story(2)]);
  const { admin, reader } = site.keys;
  const [headers, body, stranger, forbidden, upload] = await Promise.all([
    drip('GET /v1/site HTTP/1.1\r\nHost: x\r\n', `X-Slow: ${'x'.repeat(100)}`, 60_000),
    drip(post('/v1/desk/articles', admin, 'application/json', json.length), json, 60_000),
    drip(post('/v1/desk/imports', null, 'application/x-ndjson', file.length), file, 60_000),
    drip(post('/v1/desk/imports', reader, 'application/x-ndjson', file.length), file, 60_000),
    drip(post('/v1/desk/imports', admin, 'application/x-ndjson', Buffer.byteLength(file)), file, 42_000),
  ]);
  for (const [name, { status, endedAt, text }] of Object.entries({ headers, body })) {
    t.equal(status, 408, `${name}: ${text}`);
    t.match(text, /"code":"request_timeout"/);
    t.ok(endedAt > 29_000 && endedAt < 40_000, `${name}: ${endedAt} ms`);
  }
  for (const [refused, status] of [
    [stranger, 401],
    [forbidden, 403],
  ] as const) {
    t.equal(refused.status, status, refused.text);
    t.ok(refused.endedAt < 40_000, `${refused.endedAt} ms`);
    t.equal(refused.text.match(/HTTP\/1\.1/g)?.length, 1, 'one answer');
  }
  t.equal(upload.status, 202, upload.text);
  t.same((await site.desk('GET', '/v1/desk/articles')).json().data, [], 'and nothing was made of what was cut off');
});
