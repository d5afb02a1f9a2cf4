// Search in the languages that newsrooms of this region publish in: inflected forms, spellings that readers take for one, and marks.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { makeLocale } from './fixtures/taxonomy.ts';

const { request, desk } = await buildTestApp(t);

interface Case {
  locale: string;
  title: string;
  body: string;
  /** Questions that find the story. */
  found: string[];
  /** Questions that do not. */
  not: string[];
  /** What is marked of the text by the first of the questions that follow. */
  marked: [question: string, words: string[]];
}
const cases: Case[] = [
  {
    locale: 'ru',
    title: 'Выборы прошли спокойно',
    body: 'Ёлку у реки поставили раньше, чем избиратели пришли на участки.',
    found: ['выборов', 'ВЫБОРАМИ', 'елка', 'ёлки', 'реку', 'избирателей участками', '"прошли спокойно"'],
    not: ['войска', 'спокойно -выборы', '"спокойно прошли"'],
    marked: ['избирателям реке', ['реки', 'избиратели']],
  },
  {
    locale: 'tr',
    title: 'İstanbul’da seçimler',
    body: 'IŞIK söndü. Kadınlar sandıkların başında bekledi; Ankara’nın kararı bekleniyor.',
    found: ['istanbul', 'İSTANBUL', 'ISTANBUL', 'seçim', 'secim', 'ışık', 'IŞIK', 'isik', 'Ankara’ya', "Ankara'dan"],
    not: ['izmir'],
    marked: ['kadınlar', ['Kadınlar']],
  },
  {
    locale: 'hy',
    title: 'Նախագահի այցը Հայաստան',
    body: 'Ինչո՞ւ են սպասում ընտրություններին։ Գյումրին և Վանաձորը։',
    found: ['նախագահը', 'ՆԱԽԱԳԱՀԻՆ', 'հայաստանում', 'ընտրությունների', 'ինչու', 'այցը եւ նախագահ'],
    not: ['գետ'],
    marked: ['ընտրությունները', ['ընտրություններին']],
  },
  {
    locale: 'ar',
    title: 'الانتخابات في المدينة',
    body: 'وصل المراقبون إلى أماكن التصويت، كِتَابٌ جديد عام ٢٠٢٦، وقـــال المتحدث إنهم راضون.',
    found: ['انتخابات', 'إنتخابات', 'مدينة', 'كتاب', 'كتب كتاب OR كتاب', 'قال', '2026', 'المراقبين'],
    not: ['حرب'],
    marked: ['كتاب', ['كِتَابٌ']],
  },
  {
    locale: 'fa',
    title: 'کتاب‌های تازه در تهران',
    body: 'نمایندگان می‌روند و انتخابات در سال ۱۴۰۵ برگزار می‌شود.',
    found: ['کتاب', 'كتاب', 'کتابهای', 'کتاب‌های', 'میروند', 'می‌روند', 'انتخابات', '1405', 'نماینده'],
    not: ['جنگ'],
    marked: ['کتاب', ['کتاب‌های']],
  },
  {
    locale: 'he',
    title: 'הבחירות בירושלים',
    body: 'צה"ל הודיע כי שָׁלוֹם קרוב. ראש הממשלה נפגש עם הנשיא.',
    found: ['בחירות', 'הבחירות', 'ירושלים', 'צהל', 'צה״ל', 'שלום', 'ממשלה', 'נשיא'],
    not: ['מלחמה'],
    marked: ['ממשלה', ['הממשלה']],
  },
  {
    locale: 'az',
    title: 'İşıq yandı: Bakıda seçkilər',
    body: 'Prezidentin qərarı ilə məktəblər açıldı. Qarabağda yağış yağdı.',
    found: [
      'seçki',
      'seçkilərdə',
      'secki',
      'bakıda',
      'BAKIDA',
      'işıq',
      'İŞIQ',
      'isiq',
      'prezident',
      'məktəb',
      'mekteb',
      'qarabağ',
    ],
    not: ['dəniz'],
    marked: ['məktəbin', ['məktəblər']],
  },
  {
    locale: 'ka',
    title: 'არჩევნები საქართველოში',
    body: 'პრეზიდენტმა თბილისში განცხადება გააკეთა.',
    found: ['არჩევნების', 'საქართველო', 'ᲡᲐᲥᲐᲠᲗᲕᲔᲚᲝ', 'პრეზიდენტი', 'თბილისი'],
    not: ['ზღვა'],
    marked: ['პრეზიდენტი', ['პრეზიდენტმა']],
  },
  {
    locale: 'kk',
    title: 'Сайлау өтті',
    body: 'Қазақстанда жаңа мектептер ашылды, Әлия ән айтты.',
    found: ['сайлауда', 'қазақстан', 'ҚАЗАҚСТАННЫҢ', 'мектеп', 'әлия'],
    not: ['теңіз'],
    marked: ['мектепте', ['мектептер']],
  },
  {
    locale: 'de',
    title: 'Große Brücken in Köln',
    body: 'Die Häuser stehen. Cafe\u0301 Zentral.',
    found: ['brücke', 'bruecke OR brucke', 'GROSSE', 'haus OR häuser', 'koln', 'café', 'cafe'],
    not: ['wald'],
    marked: ['café', ['Cafe\u0301']],
  },
  {
    locale: 'en',
    title: 'Ministers’ talks in Zürich',
    body: 'The ﬁrst résumé was read; COVID-19 rules ended. O’Brien spoke 3.14 times.',
    found: [
      'minister',
      'zurich',
      'Zürich',
      'first',
      'resume',
      'covid',
      'covid-19',
      '"covid 19"',
      "o'brien",
      '3.14',
      'ended rule',
    ],
    not: ['covid-20'],
    marked: ['resume', ['résumé']],
  },
];

for (const { locale } of cases) if (locale !== 'en') await makeLocale(desk, locale);
for (const locale of ['sr', 'it']) await makeLocale(desk, locale);
for (const { locale, title, body } of cases) {
  await makePublished(desk, { locales: { [locale]: { title, slug: 'one', body: { markdown: body } } } });
  await makePublished(desk, { locales: { [locale]: { title: '777', slug: 'two', body: { markdown: '888' } } } });
}

for (const { locale, title, found, not, marked } of cases) {
  test(`${locale}: forms of words and ways to write them find the story, other words do not`, async (t) => {
    const search = async (q: string) =>
      expectStatus(await request('GET', `/v1/search?locale=${locale}&q=${encodeURIComponent(q)}`), 200).json().data;
    const titles = async (q: string) => (await search(q)).map((hit: { title: string }) => hit.title);
    for (const q of found) {
      t.same(await titles(q), [title], q);
      t.same(await titles(q.normalize('NFD')), [title], `${q} in NFD`);
    }
    for (const q of not) t.same(await titles(q), [], q);
    const [question, words] = marked;
    const [{ highlight }] = await search(question);
    const matches = [...highlight.title, ...highlight.snippet].filter(({ match }) => match).map(({ text }) => text);
    t.same(matches, words, `marked by ${question}`);
  });
}

// Seen to fail without MADE_BY_STEMMER in search/words.ts.
test('a word whose stem has accents that it has not is found, whether the rest of the story has such letters or not', async (t) => {
  const stories: [locale: string, title: string, accented: string, found: string[]][] = [
    ['tr', 'Donald gece geldi', 'Çığ üstüne çığ.', ['Donald', 'donald', 'gece', 'GECE', 'donald gece']],
    ['tr', 'Geiger sayacının sesi', 'Çocuk üç yaşında.', ['Sayacının', 'sayacı', 'sayaç', 'sayac', 'geiger sayacı']],
    ['sr', 'Човек у шуми', 'Đak i ćup čaja.', ['човек', 'čovek', 'covek', 'ČOVEK', 'шума', 'šuma', 'suma']],
    ['sr', 'Žaba pred kućom', 'Đak i ćup čaja.', ['žaba', 'zaba', 'жаба', 'kuća', 'kuca', 'кућа']],
    ['it', 'Un treno per Málaga', 'La città è più lontana.', ['Málaga', 'malaga', 'Màlaga', 'treno málaga']],
  ];
  for (const [n, [locale, title, accented]] of stories.entries())
    for (const [at, markdown] of ['1.', accented].entries())
      await makePublished(desk, { locales: { [locale]: { title, slug: `stem-${n}-${at}`, body: { markdown } } } });
  for (const [locale, title, , found] of stories) {
    for (const q of found) {
      const { data } = expectStatus(
        await request('GET', `/v1/search?locale=${locale}&q=${encodeURIComponent(q)}`),
        200,
      ).json();
      t.same(
        data.map((hit: { title: string }) => hit.title),
        [title, title],
        `${locale}: ${q}`,
      );
    }
  }
});
