// The rules of the house, held against every file of src; each rule is also shown a file that breaks it.
import { glob, readdir, readFile } from 'node:fs/promises';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import { PROBLEM_CODES, Problem } from '../src/errors.ts';
import * as rules from './fixtures/architecture.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

async function readSources(): Promise<rules.Sources> {
  const sources = new Map<string, string>();
  for await (const path of glob('src/**/*.ts', { cwd: ROOT })) {
    sources.set(path.split(sep).join('/'), await readFile(new URL(`../${path}`, import.meta.url), 'utf8'));
  }
  return sources;
}

const HEAD = '// Does one thing.\n';
const cases: [sentence: string, rule: rules.Rule, broken: Record<string, string>, fine: Record<string, string>][] = [
  [
    'modules that readers reach never import the desk',
    rules.publicImportsDesk,
    { 'src/modules/articles/queries.ts': "import { drafts } from '../desk/tables.ts';" },
    { 'src/modules/imports/stories.ts': "import { publish } from '../desk/workflow.ts';" },
  ],
  [
    "only app.ts imports a module's routes",
    rules.importsRoutes,
    { 'src/modules/tags/noun.ts': "import type { x } from '../regions/desk-routes.ts';" },
    {
      'src/app.ts': "import { x } from './modules/regions/routes.ts';",
      'src/modules/tags/routes.ts': "import { x } from './desk-routes.ts';",
    },
  ],
  [
    'routes stand in files that are called so',
    rules.routesUnderAnotherName,
    { 'src/modules/tags/editing.ts': "export const x = async (app) => { app.get('/x', () => 1); };" },
    { 'src/modules/tags/desk-routes.ts': "app.get('/x')", 'src/modules/tags/noun.ts': "// app.get('/x')" },
  ],
  [
    'what stands among the plugins is registered by app.ts',
    rules.pluginsThatAreNone,
    { 'src/plugins/told.ts': '' },
    { 'src/app.ts': "import { x } from './plugins/x.ts';", 'src/plugins/x.ts': '', 'src/told.ts': '' },
  ],
  [
    'queries know nothing of fastify',
    rules.queriesImportFastify,
    { 'src/modules/tags/listing-queries.ts': "import type { FastifyRequest } from 'fastify';" },
    { 'src/modules/tags/queries.ts': "// import x from 'fastify'\nimport pg from 'pg';" },
  ],
  [
    'only config.ts reads the environment',
    rules.readsEnvironment,
    { 'src/main.ts': 'const port = process.env.PORT;' },
    { 'src/config.ts': 'process.env.PORT', 'src/main.ts': "// process.env\nconst text = 'process.env';" },
  ],
  [
    'imports make no cycle, those of types included',
    rules.importCycles,
    {
      'src/a.ts': "import { b } from './b.ts';",
      'src/b.ts': "import {\n  type X,\n  c,\n} from './c/c.ts';",
      'src/c/c.ts': "export * from '../a.ts';",
    },
    { 'src/a.ts': "import { b } from './b.ts';", 'src/b.ts': "import type { C } from './c.ts';", 'src/c.ts': '' },
  ],
  [
    'every file opens with a sentence that says what it is for',
    rules.opensWithoutSentence,
    { 'src/a.ts': "import { b } from './b.ts';\n" },
    { 'src/a.ts': '// Holds what\n// belongs together.\nexport const a = 1;\n' },
  ],
  [
    'no file has more than 300 lines',
    rules.longFiles,
    { 'src/a.ts': '\n'.repeat(301) },
    { 'src/a.ts': '\n'.repeat(300) },
  ],
  [
    'nothing is typed as any',
    rules.usesAny,
    { 'src/a.ts': 'const a = (b: any) => b;' },
    { 'src/a.ts': "// any\nconst a = sql`= any(ids)`; const b = { any: 1, c: 'x as any' };" },
  ],
  [
    'nothing is asserted to be there without a reason',
    rules.assertsWithoutReason,
    { 'src/a.ts': 'const a = list[0]!.name;' },
    { 'src/a.ts': 'const a = b !== c && !d; // why\nconst e = list[0]!; // never empty: checked above' },
  ],
];

for (const [sentence, rule, broken, fine] of cases) {
  test(sentence, async (t) => {
    t.equal(rule(new Map(Object.entries(broken))).length, 1, 'the rule sees what breaks it');
    t.same(rule(new Map(Object.entries(fine))), [], 'the rule lets pass what is fine');
    const sources = await readSources();
    t.ok(sources.size > 30, 'the sources were found');
    t.same(rule(sources), []);
  });
}

test('imports are found in every way of writing them', (t) => {
  const text = `${HEAD}import './a.ts';
import type { B } from './b.ts';
import c, { type C } from '../c.ts'; import { d } from 'd';
export { e } from "./not-our-style.ts";
export type { F } from './f.ts';
const g = await import('./g.ts');
// import './no.ts'
const h = "import './no.ts'";
const i = /import '.\\/no.ts'/;
`;
  t.same(
    rules.importsOf('src/x/y.ts', text).map(({ target }) => target),
    ['src/x/a.ts', 'src/x/b.ts', 'src/c.ts', 'd', 'src/x/f.ts', 'src/x/g.ts'],
  );
  t.end();
});

// Seen to fail with: plugins/methods.ts, which it did not name.
test('the code map of the README names what stands in src, every plugin and every module', async (t) => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const map = readme.split('\n## ').find((section) => section.startsWith('Code map')) ?? '';
  const named = new Set(map.match(/[\w.-]+/g));
  for (const folder of ['src', 'src/plugins', 'src/modules']) {
    const names = (await readdir(new URL(`../${folder}`, import.meta.url))).map((name) =>
      folder === 'src/plugins' ? name.replace('.ts', '') : name,
    );
    t.ok(names.length > 10, 'they were found');
    t.same(
      names.filter((name) => !named.has(name)),
      [],
      folder,
    );
  }
});

// Seen to fail without a line of either table, and with one of a dependency that is none.
test("the README's tables have a line for each problem and each dependency, and no other", async (t) => {
  const read = async (file: string) => readFile(new URL(`../${file}`, import.meta.url), 'utf8');
  const sections = (await read('README.md')).split('\n## ');
  const linesOf = (title: string) =>
    (sections.find((section) => section.startsWith(`${title}\n`)) ?? '').match(/^\| `.*/gm) ?? [];
  const namesIn = (line: string) => [...line.matchAll(/`([^`]+)`(?=[^|]* \| )/g)].map(([, name]) => name);
  const { dependencies, optionalDependencies, devDependencies } = JSON.parse(await read('package.json'));
  t.same(
    linesOf('Dependencies').flatMap(namesIn).sort(),
    Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies }).sort(),
  );
  t.same(
    linesOf('Problems').map((line) => line.split(' | ').slice(0, 2).join(' | ')),
    PROBLEM_CODES.map((code) => `| \`${code}\` | ${new Problem(code).statusCode}`),
  );
});

test('the lockfile names no download addresses, so that any registry serves it', async (t) => {
  const text = await readFile(new URL('../package-lock.json', import.meta.url), 'utf8');
  t.ok(text.includes('"node_modules/fastify"'), 'the lockfile was found');
  t.notMatch(text, /"resolved": "http/);
});
