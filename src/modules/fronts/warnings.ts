// Tells editors what of a front readers will not see, and why. It refuses nothing: a story may be pinned before it is published.
import type { Db } from '../../db/client.ts';
import { listLocales } from '../site/queries.ts';
import { getNow, listPublicLocales } from './desk-queries.ts';
import type { DeskFront, FrontWarning, Slot } from './schemas.ts';

interface Place {
  pointer: string;
  slot: Slot;
}

/** Of more than these, an editor needs no list. */
const MOST_WARNINGS = 100;

export async function listWarnings(db: Db, front: DeskFront): Promise<FrontWarning[]> {
  const places = placesOf(front);
  const ids = places.flatMap(({ slot }) => slot.pinned.map(({ articleId }) => articleId));
  const stories = await listPublicLocales(db, ids);
  const locales = (await listLocales(db)).map(({ tag }) => tag);
  const now = await getNow(db);
  const warnings = places.flatMap(({ pointer, slot }) =>
    slot.pinned.flatMap(({ articleId, until }, index): FrontWarning[] => {
      const at = `${pointer}/pinned/${index}`;
      const said = (code: FrontWarning['code'], message: string) => [{ pointer: at, code, message }];
      const shown = stories.get(articleId);
      if (!shown) return said('missing', 'this story is in the trash, or was erased');
      if (until !== null && Date.parse(until) <= now) return said('ended', 'the time for which it was pinned is over');
      const hidden = locales.filter((locale) => !shown.includes(locale));
      if (shown.length === 0) return said('not_public', 'this story is not public in any language');
      if (hidden.length > 0) return said('not_public', `this story is not public in ${hidden.join(', ')}`);
      return index >= slot.size ? said('beyond_size', 'more stories are pinned than the slot has places') : [];
    }),
  );
  return [...warnings, ...lost(front)].slice(0, MOST_WARNINGS);
}

const placesOf = ({ slots, changes }: DeskFront): Place[] => [
  ...slots.map((slot, at) => ({ pointer: `/slots/${at}`, slot })),
  ...changes.flatMap(({ slot, front }, at) => [
    ...(slot ? [{ pointer: `/changes/${at}/slot`, slot }] : []),
    ...(front?.slots ?? []).map((one, index) => ({ pointer: `/changes/${at}/front/slots/${index}`, slot: one })),
  ]),
];

/** Changes of slots that the front will not have by then. */
function lost({ slots, changes }: DeskFront): FrontWarning[] {
  let keys = slots.map(({ key }) => key);
  return changes.flatMap(({ slot, front }, at): FrontWarning[] => {
    if (front?.slots) keys = front.slots.map(({ key }) => key);
    if (!slot || keys.includes(slot.key)) return [];
    const message = `the front will have no slot ${slot.key} by then: this change will do nothing`;
    return [{ pointer: `/changes/${at}/slot/key`, code: 'no_such_slot', message }];
  });
}
