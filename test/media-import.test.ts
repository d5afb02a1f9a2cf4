// Pictures that come with lines of an import: recorded once for each address, with the texts of every language that brings some.
import { test } from 'tap';
import { lab, NOTHING, story, textOf } from './fixtures/importing.ts';

const image = { url: 'https://media.example.org/ferry.jpg', mimeType: 'image/jpeg', width: 1200, height: 800 };

test('lines of a story bring its picture, recorded once with their texts, and the same file brings nothing more', async (t) => {
  const { run, column } = await lab(t);
  const file = textOf([
    story(1, { image: { ...image, alt: 'A ferry', credit: 'Anna Petrosyan' } }),
    story(1, { locale: 'ru', title: 'Паром', image: { ...image, alt: 'Паром у причала' } }),
    story(2, { image: { ...image, alt: 'Not what it was called first' } }),
  ]);
  t.same((await run(file)).counts, { ...NOTHING, created: 3 });
  t.same(await column('select texts from media'), [
    {
      en: { alt: 'A ferry', caption: null, credit: 'Anna Petrosyan' },
      ru: { alt: 'Паром у причала', caption: null, credit: null },
    },
  ]);
  t.same(await column("select card::jsonb -> 'image' ->> 'alt' from published_articles order by locale, slug"), [
    'A ferry',
    'A ferry',
    'Паром у причала',
  ]);
  t.same((await run(file)).counts, { ...NOTHING, unchanged: 3 });
  t.same(await column('select version from media'), [1]);
});

test('a language that comes later is added, and has published texts built anew; what was said before stays', async (t) => {
  const { run, column } = await lab(t);
  await run(textOf([story(1, { image: { ...image, alt: 'A ferry' } })]));
  const later = story(1, { locale: 'hy', title: 'Լաստանավ', image: { ...image, width: 1, alt: 'Լաստանավ' } });
  t.same((await run(textOf([later, story(3, { image: { ...image, alt: 'Another word' } })]))).refusals, []);
  t.same(await column("select texts -> 'en' ->> 'alt' from media"), ['A ferry']);
  t.same(await column("select texts -> 'hy' ->> 'alt' from media"), ['Լաստանավ']);
  t.same(await column('select width from media'), [1200]);
  t.same(await column("select action from audit where entity = 'media' order by id"), ['media.create', 'media.change']);
  t.same(
    await column("select payload ->> 'noun' from graphile_worker._private_jobs where key like 'rebuild:media:%'"),
    ['media'],
  );
});

test('a picture is left where a line says nothing of it, taken away by null, and refused where it is none', async (t) => {
  const { run, column } = await lab(t);
  const shown = () => column('select image_id is not null from published_articles');
  await run(textOf([story(1, { image: { ...image, alt: 'A ferry' } })]));
  await run(textOf([story(1, { title: 'Without a word of it' })]));
  t.same(await shown(), [true]);
  await run(textOf([story(1, { image: null })]));
  t.same(await shown(), [false]);
  const { refusals } = await run(
    textOf([
      story(5, { image: { ...image, url: 'ftp://media.example.org/ferry.jpg', alt: '' } }),
      story(6, { image: { ...image, width: 0, alt: '' } }),
      story(7, { image }),
    ]),
  );
  t.match(refusals, [/^1: \/image/, /^2: \/image/, /^3: \/image/]);
});
