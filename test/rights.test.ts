// Who may call what: every operation against every role, and the README's table against both (G33).
import { readFile } from 'node:fs/promises';
import t, { test } from 'tap';
import { rightsTable } from '../src/commands/rights.ts';
import { ROLES, SCOPES_OF } from '../src/modules/access/roles.ts';
import { SCOPES } from '../src/modules/access/scopes.ts';
import type { Send } from './fixtures/app.ts';
import { buildNewsroom } from './fixtures/attacks.ts';

const { as, keyWith, request, targets, document, digest } = await buildNewsroom(t);

/** Access is decided before a parameter is looked at: one that nobody knows shows the decision and does nothing. */
const probe = (path: string) => `${path}${path.includes('?') ? '&' : '?'}unknown-parameter=1`;

/** These pass such a one over, and are answered: reads that write nothing. */
const OPEN = ['GET /v1/oembed', 'GET /v1/s/{locale}/{code}'];

test('each role may do what its scopes say and is refused all else, and nothing is done in the trying', async (t) => {
  const senders = new Map<string, Send>();
  for (const role of ROLES) senders.set(role, as(await keyWith(SCOPES_OF[role])));
  const before = await digest();
  for (const role of ROLES) {
    const send = senders.get(role) ?? request;
    const held: readonly string[] = SCOPES_OF[role];
    for (const { name, method, path, scope } of targets) {
      const { statusCode } = await send(method, probe(path));
      const allowed = scope === undefined || held.includes(scope);
      t.equal(statusCode === 403, !allowed, `${role}: ${name} is ${statusCode}`);
      if (!OPEN.includes(name)) t.ok(statusCode >= 400 && statusCode < 500, `${name} does nothing`);
    }
  }
  t.equal(await digest(), before);
});

test('without a key, only what is public is answered', async (t) => {
  for (const { name, method, path, isKeyed } of targets) {
    const { statusCode } = await request(method, probe(path));
    t.equal(statusCode === 401, isKeyed, `${name} is ${statusCode}`);
  }
});

test("the README's table has a row for every operation, as it is enforced", async (t) => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const table = rightsTable(document as unknown as Record<string, unknown>);
  t.ok(readme.includes(table), 'npm run openapi writes it anew');
  for (const { name, scope, isKeyed } of targets) {
    const row = table.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
    t.match(row, `| ${scope ?? (isKeyed ? 'signed-in' : 'public')} |`, name);
  }
});

test('the README tells of every scope that a key can hold', async (t) => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const section = readme.split('\n## ').find((part) => part.startsWith('Roles and rights')) ?? '';
  for (const scope of SCOPES) t.match(section, new RegExp(`(\`| )${scope}(\`| )`), scope);
});
