// Writes openapi/openapi.json from the routes; with --check it writes nothing and fails when that file is out of step.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildDocument, compareDocuments, printDocument } from './document.ts';

const FILE = fileURLToPath(new URL('../../openapi/openapi.json', import.meta.url));
const SHOWN = 20;

const { check } = parseArgs({ options: { check: { type: 'boolean', default: false } } }).values;
const text = printDocument(await buildDocument());
const committed = await readFile(FILE, 'utf8').catch(() => '');

if (!check) {
  await mkdir(dirname(FILE), { recursive: true });
  await writeFile(FILE, text);
  console.log(committed === text ? 'openapi/openapi.json is unchanged.' : 'openapi/openapi.json is written.');
} else if (committed !== text) {
  const lines = compareDocuments(parse(committed), JSON.parse(text));
  const more = lines.length > SHOWN ? [`... and ${lines.length - SHOWN} more`] : [];
  console.error('openapi/openapi.json is out of step with the routes; npm run openapi writes it anew.');
  for (const line of [...lines.slice(0, SHOWN), ...more]) console.error(`  ${line}`);
  process.exitCode = 1;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // absent or broken: the whole document differs
  }
}
