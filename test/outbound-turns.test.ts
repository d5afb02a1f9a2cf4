// Turns of sending to receivers, which webhooks and WebSub have in common: how long one that fails is left alone, and that no turn keeps its lease.
import { test } from 'tap';
import { pauseAfter } from '../src/outbound/pausing.ts';
import { takeTurn } from '../src/outbound/turns.ts';

// Seen to fail where the pauses begin with the fourth failure.
test('after three failures in a row a receiver is left alone, for 20 s first and for 5 min at most', (t) => {
  t.same(
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 1_000].map((failures) => pauseAfter(failures)),
    [0, 0, 0, 20, 40, 80, 160, 300, 300, 300],
  );
  t.end();
});

// Seen to fail without `finally`: nobody would send to the receiver until the lease has run out, a minute later.
test('a turn that fails ends its lease', async (t) => {
  const done: string[] = [];
  const turn = takeTurn(AbortSignal.timeout(10_000), {
    lease: async () => 'a lease',
    wave: async () => {
      throw new Error('the database is away');
    },
    endLease: async (held) => void done.push(`${held} ended`),
    scheduleNext: async () => void done.push('next'),
  });
  await t.rejects(turn, { message: 'the database is away' });
  t.same(done, ['a lease ended'], 'and its job is tried anew');
});
