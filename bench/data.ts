// The newsroom that is measured: made-up stories in three languages, loaded by the import's own functions. The same at every run.
import pg from 'pg';
import { deskDb } from '../src/db/client.ts';
import { migrate } from '../src/db/migrate.ts';
import { readChunks } from '../src/modules/imports/chunks.ts';
import { readLines } from '../src/modules/imports/reading.ts';
import { runImport } from '../src/modules/imports/running.ts';
import { enqueueIndexing } from '../src/modules/search/reindexing.ts';

const WORDS = {
  en: 'the river bridge council has opened a new road to mountain villages while teachers and farmers wait for spring rain near old station harvest market said minister of culture that trains will run from early morning until late evening across border towns'.split(
    ' ',
  ),
  ru: 'мост через реку открыли утром после ремонта жители горных сёл ждут дождя и нового урожая министр культуры сообщил что поезда пойдут до границы с раннего утра учителя и фермеры старого рынка готовят весеннюю ярмарку у вокзала'.split(
    ' ',
  ),
  hy: 'գետի կամուրջը բացվել է առավոտյան նորոգումից հետո լեռնային գյուղերի բնակիչները սպասում են անձրևի և նոր բերքի նախարարը հայտնել է որ գնացքները կհասնեն սահման ուսուցիչները ու գյուղացիները պատրաստում են գարնանային տոնավաճառ կայարանի մոտ'.split(
    ' ',
  ),
};
const LOCALES = Object.keys(WORDS) as (keyof typeof WORDS)[];
const KINDS = ['news', 'news', 'news', 'analysis', 'interview', 'opinion'];
const MINUTE = 60_000;
const FIRST = Date.parse('2024-01-01T06:00:00Z');

/** @returns numbers from 0 to below 1, the same row of them for a seed (mulberry32) */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Lines of an import file: each story in every locale with a picture, 400 to 700 words with headings, links and a quotation. */
async function* storyLines(stories: number): AsyncGenerator<Buffer> {
  const random = randomFrom(1);
  const below = (count: number) => Math.floor(random() * count);
  for (let n = 1; n <= stories; n += 1) {
    const shared = {
      externalId: `bench:${n}`,
      kind: KINDS[below(KINDS.length)],
      region: `region-${below(10)}`,
      tags: [...new Set(Array.from({ length: 3 }, () => `tag-${below(40)}`))],
      byline: [`desk-${below(8)}`],
      publishedAt: new Date(FIRST + n * 60 * MINUTE).toISOString(),
    };
    const picture = {
      url: `https://media.example.org/bench/${n}.jpg`,
      mimeType: 'image/jpeg',
      width: 2400,
      height: 1600,
      focalPoint: { x: 0.5, y: 0.4 },
      credit: 'Courier desk',
    };
    const paragraphs = 8 + below(6);
    for (const locale of LOCALES) {
      const words = (count: number) =>
        Array.from({ length: count }, () => WORDS[locale][below(WORDS[locale].length)]).join(' ');
      const sentence = (count: number) => `${words(count).replace(/^./u, (letter) => letter.toUpperCase())}.`;
      const paragraph = (at: number) => {
        if (at % 5 === 3) return `## ${sentence(5)}`;
        if (at % 5 === 4) return `> ${sentence(20)}`;
        return `${sentence(18)} ${sentence(12)} See [${words(3)}](https://www.example.org/topic/${below(500)}). ${sentence(15)}`;
      };
      const body = { markdown: Array.from({ length: paragraphs }, (_, at) => paragraph(at)).join('\n\n') };
      const line = {
        ...shared,
        locale,
        title: `${sentence(8)} ${n}`,
        slug: `story-${n}`,
        standfirst: sentence(22),
        image: { ...picture, alt: sentence(9), caption: sentence(12) },
        body,
      };
      yield Buffer.from(`${JSON.stringify(line)}\n`);
    }
  }
}

const slot = (key: string, size: number, source: object) => ({ key, title: {}, size, pinned: [], source });
const SLOTS = [
  slot('lead', 5, { type: 'filter', kind: ['news'] }),
  slot('analysis', 4, { type: 'filter', kind: ['analysis'] }),
  ...['region-1', 'region-2', 'region-3'].map((region) => slot(region, 4, { type: 'filter', region: [region] })),
];

export interface Newsroom {
  texts: { id: string; locale: string; slug: string }[];
  regions: { id: string; key: string }[];
  /** Bytes of the stored documents. */
  median: number;
  total: number;
}

export async function loadNewsroom(databaseUrl: string, stories: number): Promise<Newsroom> {
  await migrate(databaseUrl);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 3 });
  try {
    const db = deskDb(pool);
    // As the first start does.
    await enqueueIndexing(db);
    const { created, refused } = await runImport(db, readChunks(readLines(storyLines(stories))), {
      strict: false,
      dryRun: false,
    });
    if (refused > 0 || created !== stories * LOCALES.length)
      throw new Error(`${created} texts were loaded, ${refused} refused`);
    // What the bare server counts in.
    await pool.query(
      `create table bench_views (article_id uuid, locale text, views bigint not null default 0, primary key (article_id, locale)) with (fillfactor = 70)`,
    );
    await pool.query('insert into bench_views select article_id, locale from published_articles');
    await pool.query(
      `insert into fronts (id, slug, title, description, slots) values (gen_random_uuid(), 'home', '{"en": "Home"}', '{}', $1)`,
      [JSON.stringify(SLOTS)],
    );
    await pool.query('vacuum analyze');
    const sizes = await pool.query<{ median: number; total: string }>(
      'select percentile_disc(0.5) within group (order by octet_length(document)) as median, sum(octet_length(document)) as total from published_articles',
    );
    const texts = await pool.query<Newsroom['texts'][number]>(
      'select article_id as id, locale, slug from published_articles order by article_id, locale',
    );
    const regions = await pool.query<Newsroom['regions'][number]>('select id, key from regions order by key');
    return {
      texts: texts.rows,
      regions: regions.rows,
      median: Number(sizes.rows[0]?.median),
      total: Number(sizes.rows[0]?.total),
    };
  } finally {
    await pool.end();
  }
}
