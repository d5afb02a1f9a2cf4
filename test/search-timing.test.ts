// Whether a word stands in what nobody may read yet is not told by how long the answer takes, either.
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { test } from 'tap';
import { type Answer, buildTestApp, type TestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished, stateIn } from './fixtures/factories.ts';
import { toldByTime } from './fixtures/timing.ts';

const WORDS = 40;
/** Words of one shape that mean nothing, another one for each number. */
const wordsFrom = (first: number) =>
  Array.from({ length: WORDS }, (_, n) => {
    const letters = [...String((first + n) * 7919 + 1_000_003)].map((digit) => 'bcdfgklmnp'[Number(digit)]);
    return letters.join('a');
  });
const SECRET = wordsFrom(0);
const ABSENT = wordsFrom(1_000);
const WITHDRAWN = wordsFrom(2_000);

async function fill({ app, desk }: TestApp): Promise<void> {
  for (let n = 0; n < 20; n += 1) await makePublished(desk);
  const textOf = (words: string[]) => ({
    title: words.join(' '),
    standfirst: words.join(' '),
    body: { markdown: words.join(' ') },
  });
  for (let at = 0; at < WORDS; at += 4) {
    await makeArticle(desk, { locales: { en: textOf(SECRET.slice(at, at + 4)) } });
    const gone = await makePublished(desk, { locales: { en: textOf(WITHDRAWN.slice(at, at + 4)) } });
    const withdrawal = await desk('POST', `/v1/desk/articles/${gone.id}/locales/en/withdraw`, {
      payload: {},
      version: stateIn(gone, 'en').version,
    });
    expectStatus(withdrawal, 200);
  }
  // A job does so.
  const isLeft = sql`select from search_words where word = any(${sql.param(WITHDRAWN)})`;
  for (let tries = 0; tries < 100 && (await app.db.desk.execute(isLeft)).rows.length > 0; tries += 1) await sleep(50);
}

// Seen to fail without enqueueForgetting() in storing.ts, for withdrawn stories.
test('a search takes as long for words of drafts and of withdrawn stories as for words that nobody wrote (G05)', async (t) => {
  const app = await buildTestApp(t, { cacheMb: 0 });
  await fill(app);
  const answers: Answer[] = [];
  const kinds = Object.entries({ absent: ABSENT, draft: SECRET, withdrawn: WITHDRAWN }).map(([kind, words]) => {
    const ask = async (round: number) => answers.push(await app.request('GET', `/v1/search?q=${words[round % WORDS]}`));
    return [kind, ask] as const;
  });
  const told = await toldByTime(kinds, { rounds: 3 * WORDS });
  t.ok(answers.length >= 18 * WORDS, 'all of them were asked');
  for (const { body } of answers) {
    const { data, meta } = JSON.parse(body);
    t.same([data, 'didYouMean' in meta], [[], false]);
  }
  t.same(told, []);
});
