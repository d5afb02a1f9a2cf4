// Requests of the server to hosts that others name (G52 to G54): where they may go. What may come back is tried in outbound-answers.test.ts.
import { test } from 'tap';
import { ConfigError, readConfig } from '../src/config.ts';
import { isPublic } from '../src/outbound/addresses.ts';
import type { Lookup } from '../src/outbound/checking.ts';
import { createOutbound } from '../src/outbound/sending.ts';
import { answering, failureOf } from './fixtures/outbound.ts';
import { startReceiver } from './fixtures/receiver.ts';

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
  // The last one is seen to fail where one right address among them is enough for a connection.
  for (const inside of [['127.0.0.1'], ['::1'], ['::ffff:127.0.0.1'], ['127.0.0.1', '93.184.215.14']]) {
    const { lookup, asked } = answering(['93.184.215.14'], inside);
    const { check, send } = createOutbound({ loopback: false, lookup });
    t.equal(await check(`https://flips.example.org:${receiver.port}/`), null);
    const error = await failureOf(send(`https://flips.example.org:${receiver.port}/`));
    t.equal(error.code, 'refused', inside.join());
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
