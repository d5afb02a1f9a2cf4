// Answers of hosts that others name (G55): how long and how large they may be, whose certificates count, and that none of them leads elsewhere.
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { test } from 'tap';
import type { Lookup } from '../src/outbound/checking.ts';
import { createOutbound } from '../src/outbound/sending.ts';
import { CERTIFICATE, PRIVATE_KEY } from './fixtures/certificate.ts';
import { failureOf } from './fixtures/outbound.ts';
import { startReceiver } from './fixtures/receiver.ts';

test('a redirect is an answer and is not followed', async (t) => {
  const inside = await startReceiver(t);
  const receiver = await startReceiver(t);
  const { send, close } = createOutbound({ loopback: true });
  t.teardown(close);
  for (const status of [301, 302, 303, 307, 308]) {
    receiver.answer = (response) => response.writeHead(status, { location: `${inside.url}/secret` }).end();
    const reply = await send(receiver.url);
    t.equal(reply.status, status);
    t.equal(reply.headers.location, `${inside.url}/secret`);
  }
  t.equal(inside.connections, 0);
});

test('of an endless answer the first bytes are kept, and the connection is closed', async (t) => {
  const receiver = await startReceiver(t);
  let written = 0;
  const closed = new Promise<void>((resolve) => {
    receiver.answer = (response) => {
      response.writeHead(200, { 'content-length': String(10 * 2 ** 30) });
      const chunk = Buffer.alloc(65_536, 'x');
      const more = () => {
        while (!response.destroyed && response.write(chunk)) written += chunk.length;
      };
      response.on('drain', more);
      response.on('close', resolve);
      more();
    };
  });
  const { send, close } = createOutbound({ loopback: true });
  t.teardown(close);
  const reply = await send(receiver.url);
  t.match(reply, { status: 200, truncated: true });
  t.equal(reply.body.length, 65_536);
  await closed;
  t.ok(written < 32 * 2 ** 20, `${written} bytes of 10 GiB were sent`);
  receiver.answer = (response) => response.end('abcd');
  t.match(await send(receiver.url, { maxBytes: 4 }), { truncated: false, body: Buffer.from('abcd') });
  t.match(await send(receiver.url, { maxBytes: 3 }), { truncated: true, body: Buffer.from('abc') });
});

test('a packed answer is not unpacked', async (t) => {
  const receiver = await startReceiver(t);
  const bomb = gzipSync(Buffer.alloc(32 * 2 ** 20));
  receiver.answer = (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
  const { send, close } = createOutbound({ loopback: true });
  t.teardown(close);
  const reply = await send(receiver.url, { maxBytes: 2 ** 20 });
  t.same(reply.body, bomb);
});

test('time is up for answers that do not come, that drip, and for connections that are not made', async (t) => {
  const receiver = await startReceiver(t);
  const { send, close } = createOutbound({ loopback: true });
  t.teardown(close);
  const ways: [name: string, answer: typeof receiver.answer][] = [
    ['nothing', () => {}],
    [
      'drips',
      (response) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write('.'), 20);
        response.on('close', () => clearInterval(timer));
      },
    ],
    [
      'headers that drip',
      ({ socket }) => {
        socket?.write('HTTP/1.1 200 OK\r\n');
        const timer = setInterval(() => socket?.write('x: y\r\n'), 20);
        socket?.on('close', () => clearInterval(timer));
      },
    ],
  ];
  for (const [name, answer] of ways) {
    receiver.answer = answer;
    const started = performance.now();
    const error = await failureOf(send(receiver.url, { timeoutMs: 300 }));
    t.equal(error.code, 'timeout', name);
    t.ok(performance.now() - started < 10_000, `${name}: cut off after ${Math.round(performance.now() - started)} ms`);
  }
  const never = (() => {}) as unknown as Lookup;
  const stuck = createOutbound({ loopback: true, lookup: never });
  t.equal((await failureOf(stuck.send('https://slow.example.org/', { timeoutMs: 200 }))).code, 'timeout', 'DNS');
});

test('headers without an end, refused connections and cut answers are failures with a short reason', async (t) => {
  const receiver = await startReceiver(t);
  const { send, close } = createOutbound({ loopback: true });
  t.teardown(close);
  receiver.answer = ({ socket }) => socket?.write(`HTTP/1.1 200 OK\r\na: ${'b'.repeat(40_000)}\r\n\r\n`);
  t.match(await failureOf(send(receiver.url)), { code: 'unreachable', message: /HEADERS_OVERFLOW/ });
  receiver.answer = ({ socket }) => socket?.destroy();
  t.match(await failureOf(send(receiver.url)), { code: 'unreachable', message: /UND_ERR_SOCKET/ });
  await receiver.close();
  t.match(await failureOf(send(receiver.url)), { code: 'unreachable', message: /ECONNREFUSED/ });
  const stopped = AbortSignal.abort(new Error('the server is closing'));
  t.match(await failureOf(send(receiver.url, { signal: stopped })), { code: 'unreachable' });
});

test('a certificate that nobody vouches for is refused, whatever the environment says', async (t) => {
  let requests = 0;
  const server = createServer({ key: PRIVATE_KEY, cert: CERTIFICATE }, (_request, response) => {
    requests += 1;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { send, close } = createOutbound({ loopback: true });
  t.teardown(close);
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  t.teardown(() => {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  });
  const { port } = server.address() as AddressInfo;
  t.match(await failureOf(send(`https://localhost:${port}/`)), { code: 'unreachable', message: /SELF_SIGNED_CERT/ });
  t.equal(requests, 0);
});
