// Writes openapi/openapi.json and the README's table of rights from the routes; with --check it writes nothing and fails when one is out of step.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildDocument, compareDocuments, printDocument } from './document.ts';
import { withRightsTable } from './rights.ts';

const fileOf = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const [DOCUMENT, README] = [fileOf('openapi/openapi.json'), fileOf('README.md')];
const SHOWN = 20;

const { check } = parseArgs({ options: { check: { type: 'boolean', default: false } } }).values;
const document = await buildDocument();
const text = printDocument(document);
const committed = await readFile(DOCUMENT, 'utf8').catch(() => '');
const page = await readFile(README, 'utf8');
const newPage = withRightsTable(page, document);

if (!check) {
  await mkdir(dirname(DOCUMENT), { recursive: true });
  await writeFile(DOCUMENT, text);
  await writeFile(README, newPage);
  console.log(committed === text ? 'openapi/openapi.json is unchanged.' : 'openapi/openapi.json is written.');
} else {
  if (committed !== text) {
    const lines = compareDocuments(parse(committed), JSON.parse(text));
    const more = lines.length > SHOWN ? [`... and ${lines.length - SHOWN} more`] : [];
    console.error('openapi/openapi.json is out of step with the routes; npm run openapi writes it anew.');
    for (const line of [...lines.slice(0, SHOWN), ...more]) console.error(`  ${line}`);
    process.exitCode = 1;
  }
  if (page !== newPage) {
    console.error("README.md's table of rights is out of step with the routes; npm run openapi writes it anew.");
    process.exitCode = 1;
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // absent or broken: the whole document differs
  }
}
