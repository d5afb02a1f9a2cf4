// Builds the OpenAPI document from the routes alone: no connection is opened, no job is run.
import { buildApp } from '../app.ts';
import { escapePointer } from '../pointing.ts';

type Json = Record<string, unknown>;

/** Where a server with default settings answers; a running server names its own BASE_URL instead. */
const BASE_URL = 'http://127.0.0.1:3000';
/** The pools connect at the first query, and there is none; this host could not answer one (RFC 2606 section 2). */
const NO_DATABASE = 'postgres://nobody@database.invalid/none';

export async function buildDocument(): Promise<Json> {
  const app = await buildApp({
    logLevel: 'silent',
    roles: { api: true, jobs: false },
    trustProxy: [],
    baseUrl: BASE_URL,
    databaseUrl: NO_DATABASE,
  });
  try {
    await app.ready();
    return structuredClone(app.swagger()) as unknown as Json;
  } finally {
    await app.close();
  }
}

/** The text of the committed file; paths and components are sorted, so that the order of registration does not show. */
export function printDocument(document: Json): string {
  const components = Object.entries(sorted(document.components)).map(([kind, named]) => [kind, sorted(named)]);
  const ordered = { ...document, paths: sorted(document.paths), components: Object.fromEntries(components) };
  return `${JSON.stringify(ordered, null, 2)}\n`;
}

function sorted(object: unknown): Json {
  return Object.fromEntries(Object.entries(object ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * @returns one line for each place where the two differ, outermost first: `+` added, `-` removed, `~` changed, with a
 * JSON Pointer (RFC 6901)
 */
export function compareDocuments(before: unknown, after: unknown, pointer = ''): string[] {
  if (!isObject(before) || !isObject(after)) {
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [`~ ${pointer || '(document)'}`];
  }
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) => {
    const at = `${pointer}/${escapePointer(key)}`;
    if (!(key in before)) return [`+ ${at}`];
    if (!(key in after)) return [`- ${at}`];
    return compareDocuments(before[key], after[key], at);
  });
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;
