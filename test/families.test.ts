// What lists in a chain of languages are walked by: every row of a list names all languages in which its story is public.
import { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, publishArticle } from './fixtures/factories.ts';
import { makeLocale, makeTag } from './fixtures/taxonomy.ts';

/** As the migration made them for stories that were there before. */
const FAMILIES = `select article_id, locales,
    ('x' || encode(substr(sha256(convert_to('family|' || array_to_string(locales, '|'), 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint as key
  from (select article_id, array_agg(locale order by locale collate "C") as locales from published_articles group by article_id) f`;

// Seen to fail with: no storeFamilies() in removePublished(); and storePublished() giving it what goes out, without the other languages.
test('rows of lists name the languages of their story, after each of them is published, edited, unpublished or withdrawn', async (t) => {
  const { app, desk } = await buildTestApp(t, { roles: { api: true, jobs: false } });
  for (const tag of ['ru', 'hy']) await makeLocale(desk, tag);
  await makeTag(desk, { key: 'snow' });
  const stands = async (expected: string) => {
    const { rows } = await app.db.pool.query(`with f as (${FAMILIES})
      select string_agg(distinct array_to_string(k.locales, '+'), ' ') as families, count(*)::int as rows,
        count(*) filter (where l.family <> f.key or k.locales is distinct from f.locales)::int as wrong
      from listings l left join f on f.article_id = l.article_id left join families k on k.key = l.family`);
    t.match(rows, [{ families: expected, wrong: 0 }]);
    t.ok(rows[0].rows >= 3, 'in a list of all, of its kind and of its tag');
  };
  const story = await makeArticle(desk, { tags: ['snow'], locales: { en: {}, ru: {}, hy: {} } });
  const act = async (locale: string, action: string) => {
    const path = `/v1/desk/articles/${story.id}/locales/${locale}`;
    const { version } = expectStatus(await desk('GET', path), 200).json().data;
    expectStatus(await desk('POST', `${path}/${action}`, { payload: {}, version }), 200);
  };
  await publishArticle(desk, story, { locale: 'ru' });
  await stands('ru');
  await publishArticle(desk, story, { locale: 'en' });
  await stands('en+ru');
  await publishArticle(desk, story, { locale: 'hy' });
  await stands('en+hy+ru');
  await act('ru', 'unpublish');
  await stands('en+hy');
  await publishArticle(desk, story, { locale: 'hy', updateType: 'major' });
  await stands('en+hy');
  await act('en', 'withdraw');
  await stands('hy');
});
