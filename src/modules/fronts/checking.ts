// Rules of fronts that a JSON Schema cannot say: what goes together in a slot, and that what it names exists. It writes nothing.
import type { Db } from '../../db/client.ts';
import { invalid, Problem, type ProblemDetail } from '../../errors.ts';
import type { LocaleEntry } from '../site/schemas.ts';
import { findTermKeys, listPublicLocales, type TermNames } from './desk-queries.ts';
import { type FrontContent, MOST_STORIES, type Pin, type Slot, type SlotInput } from './schemas.ts';
import { MEMBERS, MOST_READ_NAMES, type Source } from './sources.ts';

/** What a slot holds once everything is said of it. */
export const completed = ({ key, title = {}, size, pinned = [], source = { type: 'none' } }: SlotInput): Slot => ({
  key,
  title,
  size,
  pinned: pinned.map(({ articleId, from, until, position }) => ({
    articleId: articleId.toLowerCase(),
    from: timeOf(from),
    until: timeOf(until),
    position: position ?? null,
  })),
  source,
});
const timeOf = (given: string | null | undefined) => (given ? new Date(given.toUpperCase()).toISOString() : null);

/** @throws Problem unknown_locale */
export function checkTexts(
  { title, description }: Partial<FrontContent>,
  slots: readonly Slot[],
  locales: readonly Pick<LocaleEntry, 'tag'>[],
  pointer: string,
  slotPointer: (index: number) => string,
): void {
  const known = new Set(locales.map(({ tag }) => tag));
  const texts: [string, Record<string, string>][] = [
    [`${pointer}/title`, title ?? {}],
    [`${pointer}/description`, description ?? {}],
    ...slots.map(({ title }, index): [string, Record<string, string>] => [`${slotPointer(index)}/title`, title]),
  ];
  const errors = texts.flatMap(([at, text]) =>
    Object.keys(text).flatMap((tag): ProblemDetail[] =>
      known.has(tag)
        ? []
        : [
            {
              pointer: `${at}/${tag}`,
              code: 'unknown',
              message: `${tag} is no locale of this newsroom (aliases are not taken here)`,
            },
          ],
    ),
  );
  if (errors.length > 0) throw new Problem('unknown_locale', { errors: errors.slice(0, 20) });
}

/**
 * @param pointerOf to each slot in the request
 * @returns the slots with terms by their keys
 * @throws Problem validation_failed or unknown_reference, with a pointer to each fault
 */
export async function checkSlots(
  db: Db,
  slots: readonly Slot[],
  pointerOf: (index: number) => string,
): Promise<Slot[]> {
  for (const [index, slot] of slots.entries()) checkSlot(slot, pointerOf(index));
  return resolveNames(db, slots, pointerOf);
}

/** Of a whole front. @throws Problem validation_failed */
export function checkTogether(slots: readonly Slot[], pointer: string): void {
  const keys = slots.map(({ key }) => key);
  const twice = keys.findIndex((key, index) => keys.indexOf(key) !== index);
  if (twice >= 0) throw invalid({ pointer: `${pointer}/${twice}/key` }, `${keys[twice]} is there twice`, 'repeated');
  const stories = slots.reduce((sum, { size }) => sum + size, 0);
  if (stories > MOST_STORIES)
    throw invalid(
      { pointer },
      `hold ${stories} stories together; no more than ${MOST_STORIES} are possible`,
      'too_many',
    );
}

function checkSlot({ pinned, source, size }: Slot, pointer: string): void {
  for (const [index, pin] of pinned.entries()) {
    const at = `${pointer}/pinned/${index}`;
    if (pin.from !== null && pin.until !== null && pin.from >= pin.until)
      throw invalid({ pointer: `${at}/until` }, 'must be later than from', 'not_later');
    if (pin.position !== null && pin.position > size)
      throw invalid({ pointer: `${at}/position` }, `must not be beyond the size of the slot, ${size}`, 'beyond_size');
    if (pinned.slice(0, index).some((other) => other.articleId === pin.articleId && overlaps(other, pin)))
      throw invalid({ pointer: `${at}/articleId` }, 'is pinned in this slot at the same time already', 'repeated');
  }
  checkSource(source, `${pointer}/source`);
}

const overlaps = (one: Pin, other: Pin) =>
  (one.from ?? '') < (other.until ?? '~') && (other.from ?? '') < (one.until ?? '~');

function checkSource(source: Source, pointer: string): void {
  const { type, ...given } = source;
  for (const member of Object.keys(given) as (keyof Source)[]) {
    if (!MEMBERS[type].some((other) => other === member))
      throw invalid({ pointer: `${pointer}/${member}` }, `does not go together with the type ${type}`, 'not_with_type');
  }
  for (const member of ['region', 'tag'] as const) {
    if (type === 'mostRead' && (source[member]?.length ?? 0) > MOST_READ_NAMES)
      throw invalid(
        { pointer: `${pointer}/${member}` },
        `must not have more than ${MOST_READ_NAMES} items`,
        'maxItems',
      );
  }
  if (type === 'latestPerRegion' && !source.region)
    throw invalid({ pointer: `${pointer}/region` }, 'is required for the type latestPerRegion', 'required');
}

const NOUNS = { region: 'region', tag: 'tag', tagAll: 'tag', contributor: 'contributor' } as const;
type Member = keyof typeof NOUNS;
const membersOf = (source: Source) =>
  (Object.keys(NOUNS) as Member[]).flatMap((member) => {
    const names = source[member];
    return names ? [{ member, noun: NOUNS[member], names }] : [];
  });

async function resolveNames(db: Db, slots: readonly Slot[], pointerOf: (index: number) => string): Promise<Slot[]> {
  const named: TermNames = { region: [], tag: [], contributor: [] };
  for (const { source } of slots) for (const { noun, names } of membersOf(source)) named[noun].push(...names);
  const [keys, stories] = [
    await findTermKeys(db, named),
    await listPublicLocales(
      db,
      slots.flatMap(({ pinned }) => pinned.map(({ articleId }) => articleId)),
    ),
  ];
  const errors: ProblemDetail[] = [];
  const miss = (pointer: string, name: string) =>
    errors.push({ pointer, code: 'unknown', message: `${name} does not exist` });
  const resolved = slots.map((slot, index) => {
    const pointer = pointerOf(index);
    for (const [at, { articleId }] of slot.pinned.entries())
      if (!stories.has(articleId)) miss(`${pointer}/pinned/${at}/articleId`, articleId);
    const terms = membersOf(slot.source).map(({ member, noun, names }) => {
      const found = names.map((name, at) => {
        const key = keys[noun].get(name);
        if (key === undefined) miss(`${pointer}/source/${member}/${at}`, name);
        return key ?? name;
      });
      return [member, [...new Set(found)]];
    });
    return { ...slot, source: { ...slot.source, ...Object.fromEntries(terms) } };
  });
  if (errors.length > 0) throw new Problem('unknown_reference', { errors: errors.slice(0, 20) });
  return resolved;
}
