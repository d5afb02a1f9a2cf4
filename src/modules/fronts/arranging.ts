// Puts the stories that were found into the slots of a front, in order. It asks no database and leaves nothing out.
import type { SparseArticle } from '../articles/schemas.ts';
import { pickFields } from '../articles/sparse.ts';
import { isActive } from './content.ts';
import type { Found } from './filling.ts';
import type { FrontDefinition, RegionName } from './queries.ts';
import type { FrontContent, Slot } from './schemas.ts';
import type { Step } from './steps.ts';

export interface ArrangedSlot {
  key: string;
  title: string | null;
  /** In order. */
  stories: Found[];
  groups: { region: RegionName; ids: string[] }[] | null;
}

export function arrange(
  slots: readonly Slot[],
  steps: readonly Step[],
  found: readonly Found[],
  { regions, chain, now }: Pick<FrontDefinition, 'regions' | 'chain' | 'now'>,
): ArrangedSlot[] {
  const byStep = Map.groupBy(found, ({ step }) => step);
  return slots.map((slot, index) => {
    const own = steps.flatMap((step, at) =>
      step.slot === index + 1 ? [{ ...step, stories: byStep.get(at) ?? [] }] : [],
    );
    const groups = own.flatMap(({ region, stories }) => {
      const name = region === undefined ? undefined : regions?.[region];
      return name ? [{ region: name, ids: stories.map(({ id }) => id) }] : [];
    });
    return {
      key: slot.key,
      title: bestText(slot.title, chain),
      stories: inPlace(
        own.flatMap(({ stories }) => stories),
        slot,
        now,
      ),
      groups: slot.source.type === 'latestPerRegion' ? groups : null,
    };
  });
}

/** What is pinned to a place stands there, or at the end where there are not so many stories. */
function inPlace(stories: readonly Found[], { pinned }: Slot, now: number): Found[] {
  const places = new Map(
    pinned
      .filter((pin) => isActive(pin, now))
      .toReversed()
      .map(({ articleId, position }) => [articleId, position]),
  );
  const placeOf = ({ id }: Found) => places.get(id) ?? null;
  const arranged = stories.filter((story) => placeOf(story) === null);
  const placed = stories
    .filter((story) => placeOf(story) !== null)
    .sort((a, b) => (placeOf(a) ?? 0) - (placeOf(b) ?? 0));
  let last = -1;
  for (const story of placed) {
    last = Math.min(Math.max((placeOf(story) ?? 0) - 1, last + 1), arranged.length);
    arranged.splice(last, 0, story);
  }
  return arranged;
}

/** Any text rather than none. */
export function bestText(texts: Record<string, string>, chain: readonly string[]): string | null {
  const best = chain.find((locale) => texts[locale] !== undefined) ?? Object.keys(texts).sort()[0];
  return best === undefined ? null : (texts[best] ?? null);
}

/** JSON text of the front. @param fields of each story; without them, the ready texts as they are */
export function frontJson(
  { slug, title, description }: FrontContent & { slug: string },
  slots: readonly ArrangedSlot[],
  chain: readonly string[],
  fields: readonly string[] | undefined,
): string {
  const storyJson = ({ text }: Found) =>
    fields ? JSON.stringify(pickFields(JSON.parse(text ?? '{}') as SparseArticle, fields)) : (text ?? '{}');
  const slotsJson = slots.map(({ key, title, stories, groups }) => {
    const head = JSON.stringify({ key, title, ...(groups && { groups }) });
    return `${head.slice(0, -1)},"items":[${stories.map(storyJson).join(',')}]}`;
  });
  const head = JSON.stringify({
    slug,
    title: bestText(title, chain) ?? slug,
    description: bestText(description, chain),
  });
  return `${head.slice(0, -1)},"slots":[${slotsJson.join(',')}]}`;
}
