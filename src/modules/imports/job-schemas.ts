// Imports over HTTP on the wire: how a file is to be read, and what has become of it.
import { type Static, Type } from 'typebox';
import {
  closed,
  DateTime,
  Id,
  Key,
  Links,
  Locale,
  NoMeta,
  nullable,
  oneOf,
  query,
  ref,
  WebUrl,
} from '../../schemas.ts';
import { FORMATS } from '../sources/formats.ts';

const IMPORT_STATUSES = ['receiving', 'queued', 'running', 'done', 'failed', 'cancelled'] as const;
export type ImportStatus = (typeof IMPORT_STATUSES)[number];

const options = {
  dryRun: Type.Optional(
    Type.Boolean({ description: 'Checks everything, tells what would be done, and writes nothing' }),
  ),
  strict: Type.Optional(
    Type.Boolean({ description: 'Refuses stories that name what does not exist, instead of making it' }),
  ),
  locale: Type.Optional(
    Type.String({
      ...Locale,
      description: 'Language of all stories, whatever the file says: a tag or an alias. Not with ndjson',
    }),
  ),
  region: Type.Optional(Type.String({ ...Key, description: 'Key of the rubric of stories. Not with ndjson' })),
  site: Type.Optional(
    Type.String({
      ...WebUrl,
      description: 'Where the site was, where the file does not say it (ghost). Not with ndjson',
    }),
  ),
  drafts: Type.Optional(
    Type.Boolean({
      description: 'All stories become drafts: nothing goes out by itself. Not with ndjson, whose lines say it',
    }),
  ),
  fetchMedia: Type.Optional(
    Type.Boolean({
      description:
        'Fetches pictures and keeps them here; what cannot be had stays where it is, and is told. Not with dryRun, and not of an export',
    }),
  ),
};
export type ImportOptions = Static<ReturnType<typeof closed<typeof options>>>;

export const ImportQuery = query({
  format: Type.Optional(oneOf([...FORMATS], { description: 'What the file is; without it, the file tells' })),
  ...options,
});

const count = (description: string) => Type.Integer({ minimum: 0, description });
const tally = (description: string) =>
  Type.Record(Type.String(), Type.Integer({ minimum: 1 }), { description: `${description}, and how often` });

export const ImportJob = closed(
  {
    id: Id,
    status: oneOf([...IMPORT_STATUSES], {
      description: 'failed: the file could not be read to its end; what stands before the break is in',
    }),
    format: nullable(oneOf([...FORMATS])),
    options: closed(options),
    bytes: count('Of the file'),
    position: count('Bytes of the file that are done with'),
    lines: count('Lines or items that are done with'),
    created: count('Lines that made something'),
    updated: count('Lines that changed something'),
    unchanged: count('Lines that are in as they are'),
    refused: count('Lines that are not in'),
    problems: Type.Array(closed({ line: count('Line, or item of the file'), reason: Type.String() }), {
      maxItems: 100,
      description: 'Why lines were refused: the first hundred',
    }),
    report: closed({
      kinds: tally('Kinds of stories, or of other lines'),
      locales: tally('Languages'),
      pictures: tally('Hosts of pictures'),
      fetched: Type.Optional(tally('Types of pictures that were fetched and are kept')),
      leftOut: tally('What no story can be made of'),
      notes: tally('What could not be kept as it was'),
    }),
    failure: nullable(Type.String(), {
      description: 'What is wrong with the file as a whole; while it runs, what it waits for',
    }),
    createdAt: DateTime,
    finishedAt: nullable(DateTime),
  },
  { $id: 'ImportJob', description: 'A file that was sent to be imported' },
);
export type ImportJob = Static<typeof ImportJob>;
export const ImportAnswer = closed({
  data: ref(ImportJob),
  meta: ref(NoMeta),
  links: ref(Links),
});
export const ImportParams = closed({ id: Id });
export const ImportFile = Type.Unsafe<AsyncIterable<Uint8Array>>({
  description: 'The file, of at most 1 GiB; it may take half an hour to arrive',
});
