// Names whose servers are slow, silent or out of order (F24): how long they are asked for, and whom that holds up.
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Test, test } from 'tap';
import { createLookup } from '../src/outbound/resolving.ts';
import { createOutbound } from '../src/outbound/sending.ts';
import { failureOf } from './fixtures/outbound.ts';
import { startReceiver } from './fixtures/receiver.ts';

const [A, FAILED, ABSENT] = [1, 2, 3];
/** Bytes of the head of a message (RFC 1035 section 4.1.1), and of what follows the name of a question. */
const [HEAD, TYPE_AND_CLASS] = [12, 4];

/** Answers 127.0.0.1 for what is there; says nothing of names that begin with "silent", and nothing of AAAA for "half". */
async function startNameServer(t: Test): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (question, { port, address }) => {
    const end = question.indexOf(0, HEAD) + 1 + TYPE_AND_CLASS;
    const name = question.toString('latin1', HEAD + 1);
    const type = question.readUInt16BE(end - TYPE_AND_CLASS);
    if (name.startsWith('silent') || (name.startsWith('half') && type !== A)) return;
    const code = name.startsWith('absent') ? ABSENT : name.startsWith('failed') ? FAILED : 0;
    const found = code === 0 && type === A ? [[0xc0, HEAD, 0, A, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1]] : [];
    const head = Buffer.alloc(HEAD);
    question.copy(head, 0, 0, 2);
    [0x8180 | code, 1, found.length].forEach((word, n) => {
      head.writeUInt16BE(word, 2 + 2 * n);
    });
    socket.send(Buffer.concat([head, question.subarray(HEAD, end), Buffer.from(found.flat())]), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  t.teardown(() => socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

test('names whose servers are silent hold up neither those that are answered nor other lookups of the process', async (t) => {
  const receiver = await startReceiver(t);
  const { send, check, close } = createOutbound({ loopback: true, lookup: createLookup([await startNameServer(t)]) });
  t.teardown(close);
  const started = performance.now();
  const silent = Array.from({ length: 30 }, (_, n) => `https://silent-${n}.example.org/`);
  const checked = Promise.all(silent.map((url) => check(url)));
  const failed = Promise.all(silent.map((url) => failureOf(send(url))));
  await sleep(50);
  t.match(
    await failureOf(send(`https://there.example.org:${receiver.port}/`)),
    { message: /SSL|EPROTO/ },
    'connected to',
  );
  t.equal(receiver.connections, 1);
  await promisify(lookup)('localhost');
  const others = performance.now() - started;
  t.ok(others < 3_000, `the others took ${Math.round(others)} ms`);
  t.same(new Set(await checked), new Set([null]), 'who writes such a name down is answered');
  t.same(new Set((await failed).map(({ message }) => message)), new Set(['The request failed: ETIMEOUT.']));
  const all = performance.now() - started;
  t.ok(all < 12_000, `all of them ended after ${Math.round(all)} ms`);
});

test('a name has the addresses that are told, and else the reason why there are none', async (t) => {
  const find = promisify(createLookup([await startNameServer(t)]));
  const here = [{ address: '127.0.0.1', family: 4 }];
  t.same(await find('there.example.org', { all: true }), here);
  t.same(await find('half.example.org', { all: true }), here, 'nothing is said of the other kind');
  t.same((await find('localhost', { all: true }))[0], here[0], 'no server is asked of this machine');
  await t.rejects(find('absent.example.org', { all: true }), { code: 'ENOTFOUND' });
  await t.rejects(find('failed.example.org', { all: true }), { code: 'ESERVFAIL' });
});
