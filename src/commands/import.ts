// `npm run import -- FILE`: brings stories into the newsroom, beside a running server or without one. It starts no server of the API.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { drizzle } from 'drizzle-orm/node-postgres';
import { type Config, ConfigError } from '../config.ts';
import type { Db } from '../db/client.ts';
import { readChunks } from '../modules/imports/chunks.ts';
import { localeFinder } from '../modules/imports/locales.ts';
import { advanceImport, finishImport, openImport } from '../modules/imports/queries.ts';
import { runImport } from '../modules/imports/running.ts';
import { detectFormat, FOR_OTHERS, FORMATS, type Format, readSource } from '../modules/sources/formats.ts';
import { NO_MAPPING, readMapping } from '../modules/sources/mapping.ts';
import { withDatabase } from './connecting.ts';
import { wordsOf } from './failing.ts';
import { openPictures } from './pictures.ts';
import { prepareFor } from './prepare.ts';
import { showProgress } from './progress.ts';
import { complain, say } from './saying.ts';
import { tellImport } from './telling.ts';

const HELP = `Brings stories into the newsroom, from its own format or that of another system.

  npm run import -- FILE [options]

  --format NAME   ${FORMATS.join(' or ')}; without it, the file tells
  --locale TAG    language of all stories, whatever the file says (not for ndjson)
  --region KEY    rubric of stories that the mapping gives none (not for ndjson)
  --site URL      address of the site that the file came from (ghost)
  --drafts        nothing goes out by itself (not for ndjson)
  --map FILE      JSON: what becomes of categories and authors (not for ndjson)
  --strict        refuse lines that name a region, tag, contributor or locale that does not exist, instead of making it
  --dry-run       check everything, tell what would be done, and write nothing
  --fetch-media   fetch pictures from where they stand, and keep them in DATA_DIR/media
  --restart       begin anew where an earlier import of this file was cut off
  --report FILE   write every refused line, and every picture that could not be fetched, and the reason there
  --help          show this

Pictures that were fetched stand at BASE_URL/media/... : set BASE_URL before.
The database is that of DATABASE_URL, else the one in DATA_DIR, whether the server runs or not.
ndjson has one line of JSON for each story and language. Stories are told apart by externalId and locale: what has not changed is left alone, so a file can be imported again.
Exit code: 0 all went in, 2 some lines were refused, 1 it could not run, 130 stopped by Ctrl-C.
`;
const SHOWN = 50;

interface Arguments {
  file: string;
  strict: boolean;
  dryRun: boolean;
  restart: boolean;
  report: string | undefined;
  format: Format | undefined;
  locale: string | undefined;
  region: string | undefined;
  map: string | undefined;
  site: string | undefined;
  drafts: boolean | undefined;
  fetchMedia: boolean;
}

function readArguments(args: string[]): Arguments | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      strict: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      restart: { type: 'boolean', default: false },
      report: { type: 'string' },
      format: { type: 'string' },
      locale: { type: 'string' },
      region: { type: 'string' },
      map: { type: 'string' },
      site: { type: 'string' },
      drafts: { type: 'boolean' },
      'fetch-media': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const [file, ...others] = positionals;
  if (file === undefined) throw new ConfigError(['a file is missing: npm run import -- FILE (--help tells more)']);
  if (others.length > 0) throw new ConfigError([`one file at a time, not also ${others.join(', ')}`]);
  const { strict, restart, report, locale, region, map, site, drafts } = values;
  const format = FORMATS.find((name) => name === values.format);
  if (values.format !== undefined && !format)
    throw new ConfigError([`--format is one of ${FORMATS.join(', ')}, not ${values.format}`]);
  const { 'dry-run': dryRun, 'fetch-media': fetchMedia } = values;
  if (dryRun && fetchMedia) throw new ConfigError(['--dry-run writes nothing, so --fetch-media has nothing to do']);
  return { file, strict, dryRun, restart, report, format, locale, region, map, site, drafts, fetchMedia };
}

/** Whatever changes the lines that come of a file: with other options it is another import. */
function foreignOptions({ locale, region, map, site, drafts }: Arguments, format: Format) {
  const given = Object.entries({ locale, region, map, site, drafts }).filter(([, value]) => value !== undefined);
  if (format === 'ndjson' && given.length > 0) throw new ConfigError([`--${given[0]?.[0]} ${FOR_OTHERS}`]);
  return given.length > 0 || format !== 'ndjson' ? JSON.stringify([format, locale, region, site, drafts]) : '';
}

async function digestOf(file: string, options: string): Promise<string> {
  const digest = createHash('sha256').update(options);
  for await (const bytes of createReadStream(file)) digest.update(bytes);
  return digest.digest('hex');
}

async function readText(file: string): Promise<string> {
  await sizeOf(file);
  return readFile(file, 'utf8');
}

/** @throws ConfigError */
async function sizeOf(file: string): Promise<number> {
  const stats = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError([
      error.code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read: ${error.message}`,
    ]);
  });
  if (!stats.isFile()) throw new ConfigError([`${file} is no file`]);
  return stats.size;
}

async function main(): Promise<number> {
  const given = readArguments(process.argv.slice(2));
  if (!given) {
    say(HELP.trimEnd());
    return 0;
  }
  const bytes = await sizeOf(given.file);
  return withDatabase({ name: 'dateline import', connections: 5, say, prepare: prepareFor(say) }, (pool, config) =>
    importFile(drizzle(pool), given, bytes, config),
  );
}

async function importFile(db: Db, given: Arguments, bytes: number, config: Config): Promise<number> {
  const source = { open: () => createReadStream(given.file, { highWaterMark: 1 << 18 }) };
  const format = given.format ?? (await detectFormat(source));
  const options = foreignOptions(given, format);
  const map = given.map === undefined ? '' : await readText(given.map);
  const mapping = map === '' ? NO_MAPPING : readMapping(map);
  const localeOf = await localeFinder(db, given.locale);
  const { region, site, drafts } = given;
  const digest = await digestOf(given.file, options + map);
  const progress = given.dryRun
    ? undefined
    : await openImport(db, { digest, name: basename(given.file), bytes }, given.restart);
  if (progress && progress.lines > 0)
    say(`Going on behind line ${progress.lines}, where this file was cut off (--restart begins anew).`);
  const stopping = new AbortController();
  const stop = () => {
    complain('Stopping behind the lines in flight.');
    stopping.abort();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const report = given.report === undefined ? undefined : openReport(given.report, (progress?.lines ?? 0) > 0);
  const bar = showProgress(bytes);
  const refusals: string[] = [];
  const reached = { position: 0, lines: 0 };
  const show = () => bar.update(reached.position, reached.lines, pictures?.words());
  const pictures = given.fetchMedia
    ? openPictures(config, (address, reason) => report?.write(`picture ${address}: ${reason}\n`), show)
    : undefined;
  const started = performance.now();
  try {
    const read = readSource(format, source, {
      localeOf,
      mapping,
      ...(region !== undefined && { region }),
      ...(site !== undefined && { site: site.replace(/\/$/, '') }),
      ...(drafts && { asDrafts: true }),
    });
    const chunks = readChunks(read, progress?.lines ?? 0);
    const summary = await runImport(db, chunks, {
      strict: given.strict,
      dryRun: given.dryRun,
      ...(pictures && { copying: pictures.copying }),
      signal: stopping.signal,
      ...(progress && {
        progress: {
          lines: progress.lines,
          advance: (tx, to, { counts }) => advanceImport(tx, digest, to, counts),
        },
      }),
      onRefusal: ({ line, reason }) => {
        if (refusals.length < SHOWN) refusals.push(`line ${line}: ${reason}`);
        report?.write(`line ${line}: ${reason}\n`);
      },
      onChunk({ lines }, { position }) {
        Object.assign(reached, { position, lines });
        show();
      },
    });
    if (progress && !summary.interrupted) await finishImport(db, digest);
    bar.stop();
    if (pictures) say(`${pictures.words()}.`);
    tellImport(summary, refusals, given, (performance.now() - started) / 1000);
    return summary.interrupted ? 130 : summary.refused > 0 ? 2 : 0;
  } finally {
    bar.stop();
    await pictures?.close();
    process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop);
    await new Promise<void>((done) => (report ? report.end(done) : done()));
  }
}

function openReport(path: string, goOn: boolean): WriteStream {
  const report = createWriteStream(path, { flags: goOn ? 'a' : 'w' });
  report.on('error', (error) => complain(`The report cannot be written: ${error.message}`));
  return report;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    complain(`The import could not run: ${wordsOf(error)}`);
    process.exitCode = 1;
  },
);
