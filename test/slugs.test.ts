// Slugs by the letters of each language: transliterated where wanted, one spelling of each, one winner, and no address that goes round in circles.
import fc from 'fast-check';
import t, { test } from 'tap';
import { foldSlug, slugOf } from '../src/modules/articles/slugs.ts';
import { isSlug } from '../src/validation.ts';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished, publishArticle } from './fixtures/factories.ts';
import { makeLocale, makeTag } from './fixtures/taxonomy.ts';

const { request, desk } = await buildTestApp(t, { roles: { api: true, jobs: false } });
for (const tag of ['az', 'ar', 'de', 'el', 'hy', 'ka', 'ru', 'uk']) await makeLocale(desk, tag);
await makeLocale(desk, 'tr', { aliases: ['tur'] });

const draftUrl = (id: string, locale = 'en') => `/v1/desk/articles/${id}/locales/${locale}`;
const create = (locale: string, draft: object) =>
  desk('POST', '/v1/desk/articles', { payload: { locales: { [locale]: draft } } });
const bySlug = (locale: string, slug: string) =>
  request('GET', `/v1/articles/by-slug/${locale}/${encodeURIComponent(slug)}`);
const endOf = (location: unknown) => decodeURIComponent(String(location).split('/').at(-1) ?? '');

test('a language whose slugs are to be in Latin letters has them transliterated as it does itself', async (t) => {
  const proposals: [locale: string, title: string, slug: string][] = [
    ['hy', 'Երևանյան լույսեր և ուղիներ', 'yerevanyan-luyser-yev-ughiner'],
    ['hy', 'Ոսկի որդան, ով գիտի', 'voski-vordan-ov-giti'],
    ['ka', 'თბილისის ქუჩები ყველასთვის', 'tbilisis-kuchebi-qvelastvis'],
    ['ru', 'Щука, объезд и Ёлка', 'shchuka-obezd-i-elka'],
    ['uk', 'Київ і Харків: гори', 'kyiv-i-kharkiv-hory'],
    ['az', 'Gəncədə İşıq və Çay', 'gencede-isiq-ve-cay'],
    ['tr', 'IĞDIR’da şöför', 'igdir-da-sofor'],
    ['ar', 'ميناء بيروت', 'myna-byrwt'],
    ['de', 'Öffentliche Straße', 'oeffentliche-strasse'],
  ];
  for (const locale of new Set(proposals.map(([tag]) => tag))) {
    const changed = await desk('PATCH', `/v1/desk/locales/${locale}`, {
      version: 1,
      payload: { slugScript: 'latin' },
    });
    t.equal(expectStatus(changed, 200).json().data.slugScript, 'latin');
  }
  for (const [locale, title, slug] of proposals) {
    t.equal(expectStatus(await create(locale, { title }), 201).json().data.locales[0].slug, slug, title);
    const tag = { key: slug, type: 'topic', texts: { [locale]: { name: title } } };
    t.equal(
      expectStatus(await desk('POST', '/v1/desk/tags', { payload: tag }), 201).json().data.texts[locale].slug,
      slug,
    );
  }
  t.notMatch((await request('GET', '/v1/locales')).body, 'slugScript', 'which is no business of readers');
  const own = { title: 'x', slug: 'երևան' };
  t.equal(expectStatus(await create('hy', own), 201).json().data.locales[0].slug, 'երևան', 'a given one stays');
  for (const locale of new Set(proposals.map(([tag]) => tag)))
    await desk('PATCH', `/v1/desk/locales/${locale}`, { version: 2, payload: { slugScript: 'native' } });
});

// Seen to fail with: `.toLowerCase()` in place of toLocaleLowerCase in foldSlug.
test('what comes in an address is folded by the rules of its language: the two letters i of Turkish and Azerbaijani (G51)', async (t) => {
  const folded: [locale: string, kept: string, asked: string][] = [
    ['tr', 'ısparta', 'ISPARTA'],
    ['tr', 'istanbul', 'İSTANBUL'],
    ['tr', 'izmir', 'I\u0307ZM\u0130R'],
    ['az', 'ilğım', 'İLĞIM'],
    ['en', 'isparta', 'ISPARTA'],
    ['en', 'istanbul', 'İSTANBUL'],
    ['hy', 'սևան', 'ՍևԱՆ'],
    ['hy', 'թև', 'թեւ'],
    ['el', 'οδός', 'ΟΔΌΣ'],
    ['el', 'δρόμος', 'δρόμοσ'],
    ['ru', 'йод', 'Йод'],
    ['de', 'straße', 'STRAßE'],
  ];
  for (const [locale, slug, asked] of folded) {
    const { id } = await makePublished(desk, { locales: { [locale]: { slug } } });
    const tag = await makeTag(desk, { texts: { [locale]: { name: 'x', slug } } });
    t.equal(expectStatus(await bySlug(locale, slug), 200).json().data.id, id, slug);
    t.equal(endOf(expectStatus(await bySlug(locale, asked), 301).headers.location), slug, `${asked} in ${locale}`);
    const found = await request('GET', `/v1/tags/by-slug/${locale}/${encodeURIComponent(asked)}`);
    t.equal(endOf(expectStatus(found, 301).headers.location), slug, `a tag, ${asked}`);
    const there = await request('GET', `/v1/tags/by-slug/${locale}/${encodeURIComponent(slug)}`);
    t.equal(expectStatus(there, 200).json().data.id, tag.id);
  }
  t.equal(endOf((await bySlug('tur', 'ISPARTA')).headers.location), 'ısparta', 'by an alias as well');
  const tag = await request('GET', '/v1/tags/by-slug/tur/ISPARTA');
  t.equal(endOf(tag.headers.location), 'ısparta');
  t.equal((await bySlug('tr', 'isparta')).statusCode, 404, 'another word');
  const other = await makePublished(desk, { locales: { tr: { slug: 'isparta' } } });
  t.equal(expectStatus(await bySlug('tr', 'isparta'), 200).json().data.id, other.id, 'which is free');
});

test('a slug that is not spelt as its language does is refused, with the spelling', async (t) => {
  const wrong: [locale: string, slug: string, spelling: string][] = [
    ['hy', 'թեւ', 'թև'],
    ['el', 'οδοσ', 'οδος'],
    ['en', 'i\u0307stanbul', 'istanbul'],
    ['ru', 'и\u0306од', 'йод'],
    // Seen to fail without UNSEEN in checkSlug(): another slug than `ab`, which looks the same.
    ['en', 'a\u034fb', 'ab'],
    ['en', '\u3164', 'no letter'],
  ];
  for (const [locale, slug, spelling] of wrong) {
    const story = expectStatus(await create(locale, { title: 'x', slug }), 400).json();
    t.match(story.errors[0], { pointer: `/locales/${locale}/slug`, code: 'not_normal' });
    t.match(story.errors[0].message, spelling);
    const payload = { key: 'odd', type: 'topic', texts: { [locale]: { name: 'x', slug } } };
    const tag = expectStatus(await desk('POST', '/v1/desk/tags', { payload }), 400).json();
    t.match(tag.errors[0], { pointer: `/texts/${locale}/slug`, code: 'not_normal' });
  }
});

test('whatever the text, its slug is valid, spelt as its language does, and ASCII where that is wanted', (t) => {
  const locales = fc.constantFrom('en', 'tr', 'az', 'lt', 'hy', 'el', 'ka', 'ru', 'ar', 'de', 'xx');
  const texts = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    // Seen to fail with UNSEEN taken out behind foldSlug() in articles/slugs.ts: \u0565\u034f\u0582 became եւ, which is և.
    fc.string({
      unit: fc.constantFrom(...'IİıiIJjÌÍĨςσΣեւևԵՒßẞǅ\u0307\u0301\u00ad\u034f\ufe0f\u20e3 -'),
      maxLength: 20,
    }),
  );
  fc.assert(
    fc.property(locales, texts, (locale, text) => {
      const folded = foldSlug(text, locale);
      if (foldSlug(folded, locale) !== folded) throw new Error(`folded twice, ${JSON.stringify(text)} differs`);
      for (const script of ['native', 'latin'] as const) {
        const slug = slugOf(text, locale, script);
        if (slug === '') continue;
        if (!isSlug(slug) || slug !== foldSlug(slug, locale))
          throw new Error(`${JSON.stringify(text)} has the slug ${JSON.stringify(slug)} in ${locale}`);
        if (script === 'latin' && !/^[a-z0-9-]+$/.test(slug)) throw new Error(`${slug} is not ASCII`);
      }
    }),
    { numRuns: 5_000 },
  );
  t.end();
});

test('of fifty who want one slug at once, exactly one gets it (F17)', async (t) => {
  const fifty = <T>(make: (n: number) => T) => Array.from({ length: 50 }, (_, n) => make(n));
  const statuses = (answers: { statusCode: number }[]) => answers.map(({ statusCode }) => statusCode).sort();
  const made = await Promise.all(fifty(() => create('en', { title: 'x', slug: 'coveted' })));
  t.same(statuses(made), [201, ...Array(49).fill(409)], 'by making a story');
  const drafts = await Promise.all(fifty(() => makeArticle(desk)));
  const changed = await Promise.all(
    drafts.map(({ id }) => desk('PATCH', draftUrl(id), { version: 1, payload: { slug: 'longed-for' } })),
  );
  t.same(statuses(changed), [200, ...Array(49).fill(409)], 'by changing one');
  const tags = await Promise.all(
    fifty((n) =>
      desk('POST', '/v1/desk/tags', {
        payload: { key: `fifty-${n}`, type: 'topic', texts: { en: { name: 'x', slug: 'yearned-for' } } },
      }),
    ),
  );
  t.same(statuses(tags), [201, ...Array(49).fill(409)], 'by making a tag');
  for (const answer of [...made, ...changed, ...tags])
    if (answer.statusCode === 409) t.equal(answer.json().code, 'slug_taken');
});

type Step =
  | { do: 'rename'; story: number; slug: number }
  | { do: 'publish' | 'unpublish' | 'gone' | 'withdrawn'; story: number }
  | { do: 'redirect'; story: number; target: number }
  | { do: 'swap'; story: number; target: number };
const STORIES = 3;
const SLUGS = 5;
const story = fc.nat(STORIES - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('rename' as const), story, slug: fc.nat(SLUGS - 1) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('publish' as const), story }) },
  {
    arbitrary: fc.record({ do: fc.constantFrom('unpublish' as const, 'gone' as const, 'withdrawn' as const), story }),
    weight: 2,
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('redirect' as const), story, target: story }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('swap' as const), story, target: story }) },
);

/** What the rules say, in few words; the API has to agree with it after every sequence. */
interface Told {
  id: string;
  draft: string;
  live: string | null;
  ending: 'gone' | 'withdrawn' | number | null;
}

// Seen to fail with: `t.type = 'redirect' and false` in FATE (articles/queries.ts), and without `revived` in keepOldSlugs.
test('after any sequence of renames, swaps, publications and withdrawals, every slug leads in one step or ends', async (t) => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
      run += 1;
      const nameOf = (n: number) => `run-${run}-${n}`;
      const told: Told[] = [];
      for (let n = 0; n < STORIES; n += 1) {
        const slug = nameOf(n);
        const { id } = await makeArticle(desk, { locales: { en: { slug } } });
        told.push({ id, draft: slug, live: null, ending: null });
      }
      const owners = new Map<string, number>();
      const expect = (what: string, got: number, wanted: number) => {
        if (got !== wanted) throw new Error(`${what} answers ${got}, not ${wanted}`);
        return wanted < 300;
      };
      const at = (n: number) => told[n] as Told; // n is below STORIES
      const act = async (n: number, action: string, payload: object = {}) => {
        const { version } = (await desk('GET', draftUrl(at(n).id))).json().data;
        return (await desk('POST', `${draftUrl(at(n).id)}/${action}`, { version, payload })).statusCode;
      };
      const rename = async (n: number, slug: string) => {
        const { version } = (await desk('GET', draftUrl(at(n).id))).json().data;
        const { statusCode } = await desk('PATCH', draftUrl(at(n).id), { version, payload: { slug } });
        const taken = told.some((other, m) => m !== n && other.draft === slug);
        if (expect(`rename ${n} to ${slug}`, statusCode, taken ? 409 : 200)) at(n).draft = slug;
      };
      const leave = (n: number) => {
        const { live } = at(n);
        if (live !== null) owners.set(live, n);
        at(n).live = null;
      };
      const end = async (n: number, type: 'gone' | 'withdrawn' | 'redirect', target = n) => {
        const one = at(n);
        const payload = type === 'redirect' ? { type, redirectTo: at(target).id } : { type };
        const fine = type !== 'redirect' || (target !== n && at(target).live !== null);
        const wanted = one.live === null ? 409 : fine ? 200 : 400;
        if (!expect(`${type} ${n}`, await act(n, 'withdraw', payload), wanted)) return;
        leave(n);
        one.ending = type === 'redirect' ? target : type;
      };
      for (const one of steps) {
        const n = one.story;
        if (one.do === 'rename') await rename(n, nameOf(one.slug));
        else if (one.do === 'swap') {
          const [mine, theirs] = [at(n).draft, at(one.target).draft];
          await rename(n, nameOf(SLUGS));
          if (at(n).draft === nameOf(SLUGS)) {
            await rename(one.target, mine);
            await rename(n, theirs);
          }
        } else if (one.do === 'publish') {
          const { draft, live } = at(n);
          const taken = told.some((other, m) => m !== n && other.live === draft);
          if (!expect(`publish ${n}`, await act(n, 'publish'), taken ? 409 : 200)) continue;
          if (live !== null && live !== draft) owners.set(live, n);
          owners.delete(draft);
          Object.assign(at(n), { live: draft, ending: null });
        } else if (one.do === 'unpublish') {
          const wanted = at(n).live === null ? 409 : 200;
          if (expect(`unpublish ${n}`, await act(n, 'unpublish'), wanted)) {
            leave(n);
            at(n).ending = null;
          }
        } else if (one.do === 'redirect') await end(n, 'redirect', one.target);
        else await end(n, one.do);
      }
      for (let n = 0; n <= SLUGS; n += 1) {
        const slug = nameOf(n);
        let owner = told.findIndex(({ live }) => live === slug);
        const isLive = owner >= 0;
        if (!isLive) owner = owners.get(slug) ?? -1;
        for (let last = told[owner]; typeof last?.ending === 'number'; last = told[owner]) owner = last.ending;
        const last = told[owner];
        const wanted = isLive ? 200 : last?.live ? 301 : last?.ending ? 410 : 404;
        const answer = await bySlug('en', slug);
        expect(slug, answer.statusCode, wanted);
        if (wanted !== 301) continue;
        if (endOf(answer.headers.location) !== last?.live)
          throw new Error(`${slug} leads to ${answer.headers.location}`);
        const there = await request('GET', new URL(String(answer.headers.location)).pathname);
        expect(`what ${slug} leads to`, there.statusCode, 200);
      }
    }),
    { numRuns: 25 },
  );
  t.equal(run >= 25, true);
});

test('a story that was renamed between publications leads on, from its stories of the same day as well', async (t) => {
  const first = await makePublished(desk, { locales: { en: { slug: 'first-name' } } });
  const second = await makePublished(desk, { locales: { en: { slug: 'second-name' } } });
  for (const [id, slug] of [
    [first.id, 'on-leave'],
    [second.id, 'first-name'],
    [first.id, 'second-name'],
  ] as const) {
    const { version } = (await desk('GET', draftUrl(id))).json().data;
    expectStatus(await desk('PATCH', draftUrl(id), { version, payload: { slug } }), 200);
    await publishArticle(desk, { id });
  }
  t.equal((await bySlug('en', 'first-name')).json().data.id, second.id);
  t.equal((await bySlug('en', 'second-name')).json().data.id, first.id);
  t.equal(endOf((await bySlug('en', 'on-leave')).headers.location), 'second-name');
});
