// Requests of the server to hosts that others name (G52 to G55): where they may go, and how long and how large an answer may be.
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { test } from 'tap';
import { ConfigError, readConfig } from '../src/config.ts';
import { isPublic } from '../src/outbound/addresses.ts';
import type { Lookup } from '../src/outbound/checking.ts';
import { createOutbound, OutboundError } from '../src/outbound/sending.ts';
import { CERTIFICATE, PRIVATE_KEY } from './fixtures/certificate.ts';
import { startReceiver } from './fixtures/receiver.ts';

/** A resolver that gives these answers one after the other, the last one for good. */
const answering = (...answers: string[][]) => {
  const asked: string[] = [];
  const lookup = ((host: string, _options: unknown, done: (error: null, found: unknown) => void) => {
    const found = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(host);
    done(
      null,
      found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  }) as unknown as Lookup;
  return { lookup, asked };
};
const failureOf = async (answer: Promise<unknown>): Promise<OutboundError> => {
  const error = await answer.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof OutboundError) return error;
  throw new Error('no OutboundError', { cause: error });
};

const PRIVATE = [
  ['0.0.0.0', 'this network'],
  ['0.1.2.3', 'this network'],
  ['10.0.0.1', 'private'],
  ['100.64.0.1', 'carrier-grade NAT'],
  ['100.100.100.200', 'metadata of a cloud'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['168.63.129.16', 'metadata of a cloud'],
  ['169.254.169.254', 'metadata of a cloud'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.0.0.192', 'metadata of a cloud'],
  ['192.0.2.1', 'documentation'],
  ['192.88.99.1', '6to4 relays'],
  ['192.168.1.1', 'private'],
  ['198.18.0.1', 'benchmarks'],
  ['198.51.100.1', 'documentation'],
  ['203.0.113.1', 'documentation'],
  ['224.0.0.1', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'broadcast'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['::7f00:1', 'IPv4-compatible'],
  ['::ffff:127.0.0.1', 'mapped loopback'],
  ['::ffff:8.8.8.8', 'mapped'],
  ['::ffff:0:127.0.0.1', 'translated'],
  ['64:ff9b::7f00:1', 'NAT64 of loopback'],
  ['64:ff9b::a9fe:a9fe', 'NAT64 of metadata'],
  ['64:ff9b:1::a00:1', 'NAT64, local use'],
  ['100::1', 'discard'],
  ['2001::1', 'Teredo'],
  ['2001:2::1', 'benchmarks'],
  ['2001:20::1', 'ORCHID'],
  ['2001:db8::1', 'documentation'],
  ['2002:7f00:1::', '6to4 of loopback'],
  ['2002:a9fe:a9fe::1', '6to4 of metadata'],
  ['3fff::1', 'documentation'],
  ['5f00::1', 'segment routing'],
  ['fc00::1', 'unique local'],
  ['fd00:ec2::254', 'metadata of a cloud'],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'link-local with zone'],
  ['fec0::1', 'site-local'],
  ['ff02::1', 'multicast'],
  ['4000::1', 'given to nobody'],
  ['not an address', 'no address'],
  ['', 'no address'],
] as const;

test('an address that is not public is known as such, in every range there is', (t) => {
  for (const [address, what] of PRIVATE) t.equal(isPublic(address), false, `${address} (${what})`);
  for (const address of ['8.8.8.8', '93.184.215.14', '100.63.255.255', '172.32.0.1', '2606:4700::1111', '2a00:1450::1'])
    t.equal(isPublic(address), true, address);
  t.end();
});

test('a URL is refused with its reason when it is written down, however its host is spelled', async (t) => {
  const { check } = createOutbound({ loopback: false, ...answering(['93.184.215.14']) });
  const refused: [url: string, reason: RegExp][] = [
    ['no url', /is not a URL/],
    ['//example.org/x', /is not a URL/],
    ['http://hooks.example.org/', /https/],
    ['ftp://hooks.example.org/', /https/],
    ['file:///etc/passwd', /https/],
    ['javascript:alert(1)', /https/],
    ['https://user@hooks.example.org/', /password/],
    ['https://:secret@hooks.example.org/', /password/],
    ['https://hooks.example.org:22/', /port/],
    ['https://hooks.example.org:6667/', /port/],
    ['https://127.0.0.1/', /not public/],
    ['https://127.1/', /not public/],
    ['https://2130706433/', /not public/],
    ['https://0x7f000001/', /not public/],
    ['https://0177.0.0.1/', /not public/],
    ['https://127.0.0.1./', /not public/],
    ['https://①②⑦.0.0.1/', /not public/],
    ['https://0/', /not public/],
    ['https://[::1]/', /not public/],
    ['https://[::ffff:127.0.0.1]/', /not public/],
    ['https://[::ffff:a9fe:a9fe]/', /not public/],
    ['https://[64:ff9b::169.254.169.254]/', /not public/],
    ['https://[2002:a9fe:a9fe::]/', /not public/],
    ['https://169.254.169.254/latest/meta-data/', /not public/],
  ];
  for (const [url, reason] of refused) t.match(await check(url), reason, url);
  for (const url of ['https://hooks.example.org/a?b=c', 'https://hooks.example.org:8443/', 'https://93.184.215.14/'])
    t.equal(await check(url), null, url);
  t.equal(await check('http://pictures.example.org/', { http: true }), null, 'http where the caller says so');
  t.match(await check('http://10.0.0.1/', { http: true }), /not public/);
});

test('a name that resolves to an address inside is refused, one that is not there yet is not', async (t) => {
  const inside = createOutbound({ loopback: false, ...answering(['93.184.215.14', '10.0.0.7']) });
  t.match(await inside.check('https://hooks.example.org/'), /not public/);
  const absent = ((_host: string, _options: unknown, done: (error: Error) => void) =>
    done(new Error('ENOTFOUND'))) as unknown as Lookup;
  t.equal(await createOutbound({ loopback: false, lookup: absent }).check('https://soon.example.org/'), null);
});

test('what resolves to an address inside is never connected to, also when the answer was right at creation', async (t) => {
  const receiver = await startReceiver(t);
  for (const inside of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    const { lookup, asked } = answering(['93.184.215.14'], [inside]);
    const { check, send } = createOutbound({ loopback: false, lookup });
    t.equal(await check(`https://flips.example.org:${receiver.port}/`), null);
    const error = await failureOf(send(`https://flips.example.org:${receiver.port}/`));
    t.equal(error.code, 'refused', inside);
    t.same(asked, ['flips.example.org', 'flips.example.org'], 'asked once at creation and once to connect');
  }
  const plain = createOutbound({ loopback: false });
  for (const host of ['127.0.0.1', '127.1', '2130706433', '[::ffff:127.0.0.1]', 'localhost'])
    t.equal((await failureOf(plain.send(`https://${host}:${receiver.port}/`))).code, 'refused', host);
  t.equal(receiver.connections, 0, 'nothing came, not even a connection');
});

test('the address that was checked is the one connected to', async (t) => {
  const receiver = await startReceiver(t);
  const { lookup, asked } = answering(['127.0.0.1'], ['169.254.169.254']);
  const { send, close } = createOutbound({ loopback: true, lookup });
  t.teardown(close);
  const { status } = await send(`http://localhost:${receiver.port}/x`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"a":1}',
  });
  t.equal(status, 204);
  t.equal(asked.length, 1);
  t.match(receiver.received, [
    { method: 'POST', path: '/x', body: '{"a":1}', headers: { 'accept-encoding': 'identity' } },
  ]);
});

test('loopback is allowed by a setting only, and nothing else is allowed with it', async (t) => {
  const { check } = createOutbound({ loopback: true, ...answering(['10.0.0.7']) });
  t.equal(await check('http://127.0.0.1:8080/'), null);
  t.equal(await check('http://[::1]/'), null);
  for (const url of [
    'https://10.0.0.1/',
    'https://169.254.169.254/',
    'https://[::ffff:127.0.0.1]/',
    'https://inside.example.org/',
  ])
    t.match(await check(url), /not public/, url);
  t.match(await check('http://hooks.example.org/'), /https/);
  t.same(readConfig({}).outbound, { loopback: false });
  t.same(readConfig({ OUTBOUND_ALLOW: 'loopback' }).outbound, { loopback: true });
  t.throws(() => readConfig({ OUTBOUND_ALLOW: 'private' }), ConfigError);
});

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
    t.ok(performance.now() - started < 2_000, `${name}: cut off after ${Math.round(performance.now() - started)} ms`);
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

test('proxies of the environment are not asked', async (t) => {
  const proxy = await startReceiver(t);
  const receiver = await startReceiver(t);
  for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy']) {
    process.env[name] = proxy.url;
    t.teardown(() => {
      delete process.env[name];
    });
  }
  const { send, close } = createOutbound({ loopback: true });
  t.teardown(close);
  t.equal((await send(receiver.url)).status, 204);
  t.equal(proxy.connections, 0);
});

test('a line break in a header that is sent is refused, not sent', async (t) => {
  const receiver = await startReceiver(t);
  const { send, close } = createOutbound({ loopback: true });
  t.teardown(close);
  for (const value of ['a\r\nx-more: 1', 'a\nb', 'a\u010ab'])
    t.match(await failureOf(send(receiver.url, { headers: { 'x-test': value } })), { code: 'unreachable' });
  t.equal(receiver.received.length, 0);
});
