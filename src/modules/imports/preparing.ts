// Checks a line by itself and brings it into one form, whose digest tells a line that has changed. It asks no database.
import { hash } from 'node:crypto';
import { invalid, Problem } from '../../errors.ts';
import { buildValidator } from '../../validation.ts';
import type { Correction, Kind } from '../articles/kinds.ts';
import { BodyInput, type PortableText, PortableTextInput } from '../body/schemas.ts';
import { readDraftBody } from '../desk/bodies.ts';
import type { DeskMedia, MediaText } from '../media/schemas.ts';
import type { Rights } from '../site/schemas.ts';
import type { Line } from './reading.ts';
import { type Refusal, wordsOf } from './refusing.ts';
import { note } from './report.ts';
import { ImportLine } from './schemas.ts';
import type { Row } from './writing.ts';

/** A term with a name for the case that it has to be made. */
export interface NamedTerm {
  key: string;
  name: string;
  type?: 'person' | 'organisation';
}
type Noun = 'regions' | 'tags' | 'byline';

/** One form for whatever was written: the members in this order, times in UTC to the millisecond, keys in bylines. */
export interface Story {
  externalId: string;
  locale: string;
  title: string;
  body: BodyInput;
  kind: Kind | undefined;
  slug: string | undefined;
  standfirst: string | null;
  publishedAt: Date | undefined;
  updatedAt: Date | undefined;
  region: string | null | undefined;
  regions: string[] | undefined;
  tags: string[] | undefined;
  byline: string[] | undefined;
  /** As they were written, for contributors that have to be made. */
  bylineNames: string[];
  image:
    | (Pick<DeskMedia, 'url' | 'mimeType' | 'width' | 'height' | 'bytes' | 'focalPoint'> & MediaText)
    | null
    | undefined;
  corrections: Correction[];
  rights: Partial<Rights> | null | undefined;
  withdrawn: { at: Date; notice: string | null } | undefined;
  status: 'draft' | 'published';
  views: number | undefined;
  // What came later is undefined where it is not given: the digest of older lines stays the same.
  proposedSlug: string | undefined;
  oldPaths: string[] | undefined;
  named: Partial<Record<Noun, NamedTerm[]>> | undefined;
}
export interface PreparedLine {
  number: number;
  story: Story;
  /** SHA-256 of the story in its one form. */
  digest: string;
  /** Set by readPreparedBody(). */
  body?: PortableText;
  /** Set by sortOut(): the newsroom's tag of its language. */
  tag?: string;
  /** What could not be kept as it was, and how often. */
  notes: Record<string, number>;
  /** Types of the pictures that were fetched for it. */
  fetched: Record<string, number>;
  /** Where its picture stood before it was fetched. */
  movedFrom?: string;
}
/** A row of an export. */
export interface RecordLine {
  number: number;
  record: Row;
}
export interface LeftOut {
  leftOut: string;
}

/** The desk's own validation of request bodies. */
const compile: (route: { schema: object; httpPart: string }) => (value: unknown) => true | { error: Problem } =
  buildValidator([PortableTextInput, BodyInput]);
const validate = compile({ schema: ImportLine, httpPart: 'body' });

export function prepareLine({
  number,
  text,
  story: given,
  refusal,
  leftOut,
  notes = {},
}: Line): PreparedLine | RecordLine | Refusal | LeftOut {
  if (leftOut !== undefined) return { leftOut };
  let value: unknown = given;
  if (!given) {
    if (text === undefined) return { line: number, reason: refusal ?? 'the line cannot be read' };
    try {
      value = JSON.parse(text);
    } catch (error) {
      return { line: number, reason: `the line is not valid JSON: ${(error as Error).message}` };
    }
  }
  if (isRecord(value)) return { number, record: value };
  try {
    const valid = validate(value);
    if (valid !== true) return { line: number, reason: wordsOf(valid.error) };
    const story = normalise(value as ImportLine);
    return { number, story, digest: hash('sha256', JSON.stringify(story), 'base64url'), notes, fetched: {} };
  } catch (error) {
    if (error instanceof Problem) return { line: number, reason: wordsOf(error) };
    // JSON that is nested 10,000 deep parses, and exhausts the stack of whatever walks it.
    if (error instanceof RangeError) return { line: number, reason: 'the line is nested too deeply' };
    throw error;
  }
}

/** A line of an export. */
const isRecord = (value: unknown): value is RecordLine['record'] =>
  value !== null && typeof value === 'object' && Object.hasOwn(value, 'record');

/** @throws Problem of the body, with its pointer */
export async function readPreparedBody(line: PreparedLine): Promise<PortableText> {
  if (line.body) return line.body;
  const { body, warnings } = await readDraftBody(line.story.body, '/body');
  line.body = body;
  for (const { message } of warnings) {
    const [, what = message, times = '1'] = /^(.*?)(?: \((\d+) times\))?$/s.exec(message) ?? [];
    note(line.notes, what, Number(times));
  }
  return body;
}

function normalise(line: ImportLine): Story {
  const byline = line.byline === undefined || Array.isArray(line.byline) ? line.byline : [line.byline];
  const status = line.status ?? 'published';
  if (line.withdrawn && status === 'draft') {
    throw new Problem('validation_failed', {
      errors: [
        { pointer: '/withdrawn', code: 'contradiction', message: 'only what was public can be withdrawn, not a draft' },
      ],
    });
  }
  return {
    externalId: line.externalId,
    locale: line.locale,
    title: line.title,
    body: Array.isArray(line.body) ? { text: line.body } : line.body,
    kind: line.kind,
    slug: line.slug?.normalize('NFC'),
    standfirst: line.standfirst ?? null,
    publishedAt: dateOf(line.publishedAt),
    updatedAt: dateOf(line.updatedAt),
    region: line.region,
    regions: line.regions?.map(keyIn),
    tags: line.tags?.map(keyIn),
    byline: byline?.map((one, index) =>
      typeof one === 'string' ? keyOf(one, Array.isArray(line.byline) ? `/byline/${index}` : '/byline') : one.key,
    ),
    bylineNames: byline?.map((one) => (typeof one === 'string' ? one : one.name)) ?? [],
    image: line.image && pictureOf(line.image),
    corrections: line.corrections ?? [],
    rights: line.rights,
    withdrawn: line.withdrawn && { at: new Date(line.withdrawn.at), notice: line.withdrawn.notice ?? null },
    status,
    views: line.views,
    proposedSlug: line.proposedSlug,
    oldPaths: line.oldPaths?.length ? line.oldPaths : undefined,
    named: namedIn({ regions: line.regions, tags: line.tags, byline }),
  };
}

/** What may be absent stands behind what was given: the digest of older lines, which had it all, stays the same. */
function pictureOf(given: NonNullable<ImportLine['image']>): NonNullable<Story['image']> {
  const { mimeType = null, width = null, height = null } = given;
  if ((width === null) !== (height === null)) {
    const missing = width === null ? 'width' : 'height';
    throw invalid({ pointer: `/image/${missing}` }, 'is required where the other side is given', 'required');
  }
  return { bytes: null, focalPoint: null, caption: null, credit: null, ...given, mimeType, width, height };
}

const keyIn = (term: string | NamedTerm) => (typeof term === 'string' ? term : term.key);

function namedIn(given: Record<Noun, (string | NamedTerm)[] | undefined>): Story['named'] {
  const named = Object.entries(given).flatMap(([noun, terms = []]) => {
    const own = terms.filter((term): term is NamedTerm => typeof term !== 'string');
    return own.length > 0 ? [[noun, own]] : [];
  });
  return named.length > 0 ? Object.fromEntries(named) : undefined;
}

const dateOf = (text: string | undefined) => (text === undefined ? undefined : new Date(text));

/** "BBC News" becomes bbc-news. What has no Latin letters has no key that anybody could guess: it is refused. */
function keyOf(name: string, pointer: string): string {
  const key = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/['’]/g, '')
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '');
  if (/^[a-z0-9]+(-[a-z0-9]+)*$/.test(key) && key.length <= 80) return key;
  throw new Problem('validation_failed', {
    errors: [
      {
        pointer,
        code: 'pattern',
        message: `${JSON.stringify(name)} is no key (lower-case ASCII letters and digits joined by hyphens) and cannot be turned into one`,
      },
    ],
  });
}
