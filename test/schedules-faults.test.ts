// Nodes as processes: killed at points of publishing, killed with a batch of what is due in their hands, and with clocks hours off. `npm run faults` does the same for longer.
import t, { test } from 'tap';
import { hoursOff, judgements, wrongClock } from './faults/clocks.ts';
import { crashRounds } from './faults/crashes.ts';
import { herd, makeTemplate } from './faults/herds.ts';
import { startNode } from './faults/nodes.ts';
import { furnish, OPERATIONS } from './faults/operations.ts';
import { placeForNodes } from './fixtures/nodes.ts';

// Nodes are processes: beside other tests on a small machine, each takes its time to start.
t.setTimeout(600_000);

const { db, place: node } = await placeForNodes(t);

// Not by libfaketime: it is not there everywhere.
const starting = Promise.all([
  startNode(node),
  startNode({ ...node, ...wrongClock(2, undefined) }),
  startNode({ ...node, ...wrongClock(-2, undefined) }),
]);
const POINTS = [/^before \d+ insert changes$/, /^before \d+ commit$/, /^reply$/];

// Seen to fail with: insertAnswered() on a connection of its own (plugins/idempotency.ts): the retry was told of a change that was not there.
test('a node killed at a point of publishing leaves all of it or nothing, and a retry settles it (F01)', async (t) => {
  const [looker] = await starting;
  await furnish(looker);
  const { faults, tallies } = await crashRounds({
    db,
    node,
    looker,
    operations: OPERATIONS.filter(({ name }) => name === 'publish'),
    choose: (points) => POINTS.flatMap((wanted) => points.find(({ name }) => wanted.test(name)) ?? []),
    say: () => {},
  });
  t.same(faults, []);
  t.equal(tallies.filter(({ rounds }) => rounds === 1).length, POINTS.length, 'each point was met');
});

// Seen to fail without `for update` in claimDue() (fifty stories went out twice), and with the time of the node there (they went out early).
test('of stories due at once on three nodes, two with wrong clocks, one killed midway, each goes out once and none early (F09, F10)', async (t) => {
  const [right, fast, slow] = await starting;
  const off = await Promise.all([right, fast, slow].map(hoursOff));
  t.same(off.map(Math.round), [0, 2, -2], 'what each believes');
  const templateId = await makeTemplate(right);
  const kill = { node: right, after: 1 };
  const report = await herd({ db, nodes: [right, fast, slow], templateId, stories: 160, aheadMs: 1_500, kill });
  t.same(report.faults, []);
  const wrong: string[] = [];
  await judgements(db, fast, slow, (holds, what) => {
    if (!holds) wrong.push(what);
  });
  t.same(wrong, [], 'and keys, sessions and previews expire by the clock of the database');
});
