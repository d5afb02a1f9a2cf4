// Answers a front to readers: what it holds now, its stories, what was asked to come along. Two statements, one more where a slot may be filled from several lists, and one with `include`.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FRONTS, listGroups, termsGroup, trendingGroup } from '../../caching/groups.ts';
import { sendCacheable } from '../../caching/sending.ts';
import type { PublicDb } from '../../db/pipeline.ts';
import { Problem, type ProblemDetail, unknownLocale } from '../../errors.ts';
import { nearest } from '../../pointing.ts';
import { envelope } from '../articles/envelope.ts';
import { includedGroups, loadInclusion } from '../articles/including.ts';
import { textFor } from '../articles/sparse.ts';
import { contributorNoun } from '../contributors/noun.ts';
import { checkParts } from '../fields/filtering.ts';
import { regionNoun } from '../regions/noun.ts';
import { type Chain, isFallbackAsked, readChain } from '../site/fallback.ts';
import { tagNoun } from '../tags/noun.ts';
import { arrange, bestText, frontJson } from './arranging.ts';
import { changesNext, contentAfter } from './content.ts';
import { fill } from './filling.ts';
import { type FrontDefinition, findFront, listFronts } from './queries.ts';
import type { FrontQuery, Slot } from './schemas.ts';
import { DEFAULT_SPAN, stepsOf } from './steps.ts';

export async function sendFront(
  db: PublicDb,
  request: FastifyRequest<{ Params: { slug: string }; Querystring: FrontQuery }>,
  reply: FastifyReply,
  self: string,
): Promise<FastifyReply> {
  const { fields, include, slot: wanted } = request.query;
  const asked = performance.now();
  await checkParts(db, fields);
  const definition = await findFront(db, request.params.slug, request.query);
  const { front, chain: names, now } = definition;
  const chain = readChain(request.query, definition.languages);
  const [locale] = chain;
  if (!front) throw new Problem('not_found');
  const content = contentAfter(front, front.due);
  checkSlots(wanted, content.slots);
  const steps = stepsOf(content.slots, definition, chain, now);
  const found = await fill(db, steps, content.slots.length, chain, {
    text: textFor(fields),
    isChained: isFallbackAsked(request.query),
  });
  const slots = arrange(content.slots, steps, found, definition).filter(({ key }) => wanted?.includes(key) ?? true);
  const shown = slots.flatMap(({ stories }) => stories);
  const inclusion = include
    ? await loadInclusion(
        db,
        shown.map(({ id }) => id),
        locale,
        include,
        shown.map((story) => story.locale),
      )
    : null;
  const data = frontJson({ ...content, slug: front.slug }, slots, names, fields);
  const meta = { requestedLocale: request.query.locale ?? locale, locale };
  // RFC 9110 section 8.5: every language that is in it. A page without stories is in the one that was asked for.
  const languages = chain.filter((tag) => shown.some((story) => story.locale === tag));
  reply.header('content-language', languages.join(', ') || locale);
  return sendCacheable(request, reply, {
    ...envelope(data, inclusion, meta, { self }),
    groups: [...groupsOf(chain, definition, content.slots), ...includedGroups(include)],
    isKept: !inclusion?.views,
    lifetime: 'list',
    freshFor: leftUntil(changesNext(content.slots, front.changesAt, now), now, asked),
  });
}

/**
 * Every story of the languages may come into a slot; no story is named, since what is pinned and not public yet would be told by it.
 * Slots name terms by keys, which lead to others once terms are merged.
 */
function groupsOf(chain: Chain, { regions, tags, contributors }: FrontDefinition, slots: readonly Slot[]): string[] {
  const named = [
    [regions, regionNoun],
    [tags, tagNoun],
    [contributors, contributorNoun],
  ] as const;
  const terms = named.flatMap(([names, noun]) => (names ? [termsGroup(noun)] : []));
  const read = slots.flatMap(({ source: { type, window = DEFAULT_SPAN } }) =>
    type === 'mostRead' ? [trendingGroup(window)] : [],
  );
  return [FRONTS, ...chain.flatMap((locale) => listGroups(locale)), ...terms, ...read];
}

/** Counted from before the database was asked what time it is: an answer may be kept a little too short, and never too long. */
const leftUntil = (next: number | null, now: number, asked: number): number | null =>
  next === null ? null : next - now - (performance.now() - asked);

/** @throws Problem validation_failed for a slot that the front does not have */
function checkSlots(wanted: readonly string[] | undefined, slots: readonly { key: string }[]): void {
  const known = slots.map(({ key }) => key);
  const errors = (wanted ?? []).flatMap((name): ProblemDetail[] =>
    known.includes(name)
      ? []
      : [{ parameter: 'slot', code: 'unknown', message: `${name} is no slot of this front${nearest(name, known)}` }],
  );
  if (errors.length > 0) throw new Problem('validation_failed', { errors });
}

export async function sendFrontList(
  db: PublicDb,
  request: FastifyRequest<{ Querystring: { locale?: string } }>,
  reply: FastifyReply,
  self: string,
): Promise<FastifyReply> {
  const asked = performance.now();
  const { locale, chain, fronts, now } = await listFronts(db, request.query.locale ?? null);
  if (locale === null) throw unknownLocale();
  const data = fronts.map((front) => {
    const { title, description, slots } = contentAfter(front, front.due);
    return {
      slug: front.slug,
      title: bestText(title, chain) ?? front.slug,
      description: bestText(description, chain),
      slots: slots.map(({ key }) => key),
    };
  });
  const meta = { requestedLocale: request.query.locale ?? locale, locale };
  reply.header('content-language', locale);
  const changesAt = fronts.flatMap((front) => front.changesAt);
  return sendCacheable(request, reply, {
    json: JSON.stringify({ data, meta, links: { self } }),
    groups: [FRONTS],
    lifetime: 'list',
    freshFor: leftUntil(changesNext([], changesAt, now), now, asked),
  });
}
