// Writers of a newsroom at work: over HTTP, on whatever node is there, at random stories, until they are told to stop. What is refused is refused;
// what was cut off is left as it is.
import type { Node, Reply } from './nodes.ts';

export const LOCALES = ['en', 'ru', 'fr', 'hy'];
export const REGIONS = 20;
const EXPIRES_MS = 1_500;

interface Story {
  version: number;
  locales: { locale: string; version: number; status: string }[];
}
interface Tally {
  done: number;
  refused: number;
  /** No answer came, or 503. */
  lost: number;
}
interface Desk {
  /** Of those that are there. */
  send: Node['send'];
  ids: string[];
  /** Erased, to the best of the writers' knowledge. */
  erased: Set<string>;
  trashed: Set<string>;
}
type Act = (desk: Desk, id: string, story: Story) => Promise<Reply | undefined>;

const below = (count: number) => Math.floor(Math.random() * count);
const pick = <T>(of: readonly T[]): T => of[below(of.length)] as T;
const url = (id: string, path = '') => `/v1/desk/articles/${id}${path}`;
const draft = (id: string, locale: string, path = '') => url(id, `/locales/${locale}${path}`);
const region = () => `region-${below(REGIONS)}`;
const word = () => Math.random().toString(36).slice(2, 10);
const isPublic = ({ status }: { status: string }) => status === 'published';

async function publishAll({ send }: Desk, id: string): Promise<Reply | undefined> {
  const read = await send('GET', url(id));
  if (read.status !== 200) return read;
  const { locales } = read.json<{ data: Story }>().data;
  const versions = Object.fromEntries(locales.map(({ locale, version }) => [locale, { version }]));
  return send('POST', url(id, '/publish'), { payload: { locales: versions } });
}
/** In one language, or in all. */
async function takeBack({ send }: Desk, id: string, drafts: Story['locales'], way: string, payload: object) {
  let last: Reply | undefined;
  for (const { locale, version } of drafts)
    last = await send('POST', draft(id, locale, `/${way}`), { version, payload });
  return last;
}
async function change(desk: Desk, id: string, { locales }: Story, payload: object) {
  const { locale, version } = pick(locales);
  const changed = await desk.send('PATCH', draft(id, locale), { version, payload });
  if (changed.status !== 200) return changed;
  const next = changed.json<{ data: { version: number } }>().data.version;
  return desk.send('POST', draft(id, locale, '/publish'), { version: next, payload: {} });
}

export const ACTS: Record<string, [often: number, act: Act]> = {
  edit: [
    30,
    (desk, id, story) => change(desk, id, story, { title: `Tide ${word()}`, body: { text: word().repeat(40) } }),
  ],
  slug: [10, (desk, id, story) => change(desk, id, story, { slug: `tide-${word()}` })],
  region: [
    10,
    async (desk, id, { version }) => {
      const [one, other] = [region(), region()];
      const moved = await desk.send('PATCH', url(id), { version, payload: { region: one, regions: [one, other] } });
      return moved.status === 200 ? publishAll(desk, id) : moved;
    },
  ],
  publish: [10, (desk, id) => publishAll(desk, id)],
  unpublish: [6, (desk, id, { locales }) => takeBack(desk, id, locales.filter(isPublic).slice(0, 1), 'unpublish', {})],
  withdraw: [
    6,
    (desk, id, { locales }) => {
      const payload = pick([
        { type: 'gone' },
        { notice: 'It was denied.' },
        { type: 'redirect', redirectTo: pick(desk.ids) },
      ]);
      return takeBack(desk, id, locales.filter(isPublic).slice(0, 1 + below(4)), 'withdraw', payload);
    },
  ],
  expire: [
    6,
    async ({ send }, id, { locales }) => {
      const [state] = locales.filter(isPublic);
      if (!state) return undefined;
      const payload = {
        at: new Date(Date.now() + EXPIRES_MS).toISOString(),
        type: pick(['draft', 'gone', 'withdrawn']),
      };
      return send('POST', draft(id, state.locale, '/expiry'), { version: state.version, payload });
    },
  ],
  trash: [
    8,
    async (desk, id, { locales }) => {
      await takeBack(desk, id, locales.filter(isPublic), 'unpublish', {});
      const read = await desk.send('GET', url(id));
      if (read.status !== 200) return read;
      const reply = await desk.send('DELETE', url(id), { version: read.json<{ data: Story }>().data.version });
      if (reply.status === 204) desk.trashed.add(id);
      return reply;
    },
  ],
  create: [
    6,
    async (desk) => {
      const locales = Object.fromEntries(
        LOCALES.map((locale) => [locale, { title: `New ${word()}`, slug: `new-${word()}` }]),
      );
      const made = await desk.send('POST', '/v1/desk/articles', { payload: { region: region(), locales } });
      if (made.status !== 201) return made;
      const { id } = made.json<{ data: { id: string } }>().data;
      desk.ids.push(id);
      return publishAll(desk, id);
    },
  ],
  rename: [
    0.3,
    async ({ send }) => {
      const path = `/v1/desk/regions/${region()}`;
      const { version, texts } = (await send('GET', path)).json<{
        data: { version: number; texts: Record<string, object> };
      }>().data;
      return send('PATCH', path, { version, payload: { texts: { en: { ...texts.en, name: `Coast ${word()}` } } } });
    },
  ],
};
/** Of what is in the trash. */
const OF_TRASH: Record<string, (desk: Desk, id: string, version: number) => Promise<Reply | undefined>> = {
  async restore(desk, id) {
    const back = await desk.send('POST', `/v1/desk/trash/${id}/restore`);
    return back.status === 200 ? publishAll(desk, id) : back;
  },
  async erase({ send, erased }, id, version) {
    const reply = await send('DELETE', `/v1/desk/trash/${id}`, { version });
    if (reply.status === 204) erased.add(id);
    return reply;
  },
};

const TOTAL = Object.values(ACTS).reduce((sum, [often]) => sum + often, 0);
function choose(): [string, Act] {
  let left = Math.random() * TOTAL;
  for (const [name, [often, act]] of Object.entries(ACTS)) {
    left -= often;
    if (left <= 0) return [name, act];
  }
  throw new Error('nothing to do');
}

/** @param until asked before each act */
export async function write(
  desk: Desk,
  isOver: () => boolean,
  count: (act: string, outcome: keyof Tally, reply?: Reply) => void,
): Promise<void> {
  while (!isOver()) {
    // A tenth meets at few stories.
    const id = Math.random() < 0.1 ? (desk.ids[below(40)] ?? '') : pick(desk.ids);
    const [name, act] = choose();
    let called = name;
    try {
      const [thrown] = desk.trashed;
      let reply: Reply | undefined;
      if (thrown && Math.random() < 0.12) {
        desk.trashed.delete(thrown);
        called = Math.random() < 0.5 ? 'restore' : 'erase';
        const trash = await desk.send('GET', '/v1/desk/trash?limit=100');
        const found = trash
          .json<{ data: { id: string; version: number }[] }>()
          .data.find((story) => story.id === thrown);
        reply = found && (await OF_TRASH[called]?.(desk, thrown, found.version));
      } else {
        const read = await desk.send('GET', url(id));
        reply = read.status === 200 ? await act(desk, id, read.json<{ data: Story }>().data) : read;
      }
      if (!reply) continue;
      count(called, reply.status < 300 ? 'done' : reply.status < 500 ? 'refused' : 'lost', reply);
    } catch {
      count(called, 'lost');
    }
  }
}

/** What writers came to, for as long as they write. */
export function tallyActs() {
  const tallies = new Map<string, Tally>();
  const faults: string[] = [];
  return {
    /** What was answered as no newsroom may be. */
    faults,
    count(act: string, outcome: keyof Tally, reply?: Reply): void {
      const tally = tallies.get(act) ?? { done: 0, refused: 0, lost: 0 };
      tally[outcome] += 1;
      tallies.set(act, tally);
      if (reply && reply.status >= 500 && reply.status !== 503)
        faults.push(`${act}: ${reply.status} ${reply.text.slice(0, 300)}`);
    },
    lines: () =>
      [...tallies].map(
        ([act, { done, refused, lost }]) =>
          `    ${act.padEnd(10)} ${done} done, ${refused} refused, ${lost} cut off or answered 503`,
      ),
  };
}
