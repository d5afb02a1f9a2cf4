// What a front holds once changes that are due have taken effect, and when it changes next by itself. It reads no clock and no database.
import type { FrontContent, Pin, Slot } from './schemas.ts';

/** A change as it is stored; its time has come. */
export interface DueChange {
  at: string;
  /** Key of the slot that it replaces; null where it is of the front itself. */
  slot: string | null;
  content: Slot | Partial<FrontContent>;
}

/** @param due in the order in which they take effect; one for a slot that the front does not have does nothing */
export function contentAfter(base: FrontContent, due: readonly DueChange[]): FrontContent {
  let content = base;
  for (const change of due) {
    if (change.slot === null) content = { ...content, ...(change.content as Partial<FrontContent>) };
    else content = { ...content, slots: withSlot(content.slots, change.slot, change.content as Slot) };
  }
  return content;
}

const withSlot = (slots: readonly Slot[], key: string, replaced: Slot) =>
  slots.map((slot) => (slot.key === key ? replaced : slot));

/** From `from` on, and no more at `until`. @param now milliseconds since 1970, by the database's clock */
export const isActive = ({ from, until }: Pin, now: number): boolean =>
  (from === null || Date.parse(from) <= now) && (until === null || Date.parse(until) > now);

/** The first time after `now` at which this can look different with the same stories; null where there is none. */
export function changesNext(
  slots: readonly Pick<Slot, 'pinned'>[],
  changesAt: readonly string[],
  now: number,
): number | null {
  const times = [...changesAt, ...slots.flatMap(({ pinned }) => pinned.flatMap(({ from, until }) => [from, until]))]
    .flatMap((time) => (time === null ? [] : Date.parse(time)))
    .filter((time) => time > now);
  return times.length > 0 ? Math.min(...times) : null;
}
