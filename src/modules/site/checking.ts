// Rules of the site and its locales that a JSON Schema cannot say. It writes nothing.
import type { Db } from '../../db/client.ts';
import { invalid, Problem, type ProblemDetail, unknownLocale } from '../../errors.ts';
import { matchLocales, missingKeys } from './queries.ts';
import type { LocaleEntry, LocaleInput, LocalisedText, Site, SiteFields } from './schemas.ts';

const HOST_AND_PATH = /^[^?#[\]]+$/;

/** @throws Problem validation_failed, unknown_locale or unknown_reference, with a pointer to each fault */
export async function checkSite(tx: Db, site: SiteFields, locales: readonly LocaleEntry[]): Promise<void> {
  checkTimeZone(site.timeZone);
  checkAddresses(site);
  if (Object.keys(site.name).length === 0) throw invalid({ pointer: '/name' }, 'one language has to stay', 'last');
  checkLocales(site, locales);
  await checkMenus(tx, site.menus);
}

function checkTimeZone(timeZone: string): void {
  // Intl takes offsets such as +04:00 as well, which know no daylight saving time.
  try {
    if (/^[A-Za-z]/.test(timeZone)) return void new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    // told below
  }
  throw invalid({ pointer: '/timeZone' }, 'is no time zone of the IANA database, such as Asia/Tbilisi', 'unknown');
}

/** Each answer that names a story's address parses it; the permanent URI of a story takes its host from that of the site. */
function checkAddresses({ baseUrl, articleUrl, shortUrl }: SiteFields): void {
  for (const [pointer, template] of Object.entries({
    '/baseUrl': baseUrl,
    '/articleUrl': articleUrl,
    '/shortUrl': shortUrl,
  })) {
    const url = template === null ? undefined : URL.parse(template.replaceAll(/\{\w+\}/g, 'a'));
    if (url === null) throw invalid({ pointer }, 'has no host and port that an address can have', 'ill_formed');
    if (url?.username || url?.password) throw invalid({ pointer }, 'must be without credentials', 'ill_formed');
  }
  // Addresses are made by what is written behind it, and RFC 4151 knows no [::1].
  if (!HOST_AND_PATH.test(baseUrl))
    throw invalid(
      { pointer: '/baseUrl' },
      'must have a name for its host, and neither query nor fragment',
      'ill_formed',
    );
}

function checkLocales(
  { defaultLocale, name, tagline, rights, menus }: SiteFields,
  locales: readonly LocaleEntry[],
): void {
  const known = new Set(locales.map(({ tag }) => tag));
  const given = [
    { pointer: '/defaultLocale', tag: defaultLocale },
    ...tagsOf('/name', name),
    ...tagsOf('/tagline', tagline),
    ...tagsOf('/rights/usageTerms', rights.usageTerms),
    ...menus.flatMap(({ items }, menu) =>
      items.flatMap(({ label }, item) => tagsOf(`/menus/${menu}/items/${item}/label`, label)),
    ),
  ];
  const errors = given.flatMap(({ pointer, tag }): ProblemDetail[] =>
    known.has(tag)
      ? []
      : [{ pointer, code: 'unknown', message: `${tag} is no locale of this newsroom (aliases are not taken here)` }],
  );
  if (errors.length > 0) throw new Problem('unknown_locale', { errors: errors.slice(0, 20) });
}

const tagsOf = (pointer: string, text: LocalisedText) =>
  Object.keys(text).map((tag) => ({ pointer: `${pointer}/${tag}`, tag }));

async function checkMenus(tx: Db, menus: Site['menus']): Promise<void> {
  const keys = menus.map(({ key }) => key);
  const twice = keys.findIndex((key, index) => keys.indexOf(key) !== index);
  if (twice >= 0) throw invalid({ pointer: `/menus/${twice}/key` }, `${keys[twice]} is there twice`, 'repeated');
  const items = menus.flatMap(({ items }, menu) =>
    items.map((item, index) => ({ ...item, pointer: `/menus/${menu}/items/${index}` })),
  );
  const errors: ProblemDetail[] = [];
  for (const { pointer, region, tag, url } of items) {
    const targets = [region, tag, url].filter((target) => target !== undefined).length;
    if (targets !== 1) throw invalid({ pointer }, 'must have exactly one of region, tag and url', 'ambiguous');
  }
  for (const [member, table] of [
    ['region', 'regions'],
    ['tag', 'tags'],
  ] as const) {
    const missing = await missingKeys(
      tx,
      table,
      items.flatMap((item) => item[member] ?? []),
    );
    for (const { pointer, [member]: key } of items) {
      if (key !== undefined && missing.has(key))
        errors.push({ pointer: `${pointer}/${member}`, code: 'unknown', message: `${key} does not exist` });
    }
  }
  if (errors.length > 0) throw new Problem('unknown_reference', { errors: errors.slice(0, 20) });
}

/** @param others every locale but this one */
export function checkLocale({ tag, aliases = [], fallback = [] }: LocaleInput, others: readonly LocaleEntry[]): void {
  checkCanonical(tag);
  if (matchLocales(others, [tag]).has(tag)) {
    throw new Problem('key_taken', {
      errors: [{ pointer: '/tag', code: 'taken', message: `${tag} is the tag or an alias of another locale` }],
    });
  }
  const seen = new Set([tag.toLowerCase()]);
  const taken = matchLocales(others, aliases);
  for (const [index, alias] of aliases.entries()) {
    const pointer = `/aliases/${index}`;
    if (seen.has(alias.toLowerCase())) throw invalid({ pointer }, 'repeats the tag or another alias', 'repeated');
    seen.add(alias.toLowerCase());
    if (taken.has(alias)) {
      throw new Problem('conflict', {
        errors: [{ pointer, code: 'taken', message: `${alias} is the tag or an alias of ${taken.get(alias)}` }],
      });
    }
  }
  for (const [index, name] of fallback.entries()) {
    const pointer = `/fallback/${index}`;
    if (name === tag) throw invalid({ pointer }, 'a locale does not fall back to itself', 'circular');
    if (!others.some((other) => other.tag === name)) {
      throw unknownLocale({ pointer }, `${name} is no locale of this newsroom`);
    }
  }
}

function checkCanonical(tag: string): void {
  let canonical: string | undefined;
  try {
    [canonical] = Intl.getCanonicalLocales(tag);
  } catch {
    throw invalid({ pointer: '/tag' }, 'is no well-formed language tag (BCP 47)', 'ill_formed');
  }
  if (canonical !== tag)
    throw invalid({ pointer: '/tag' }, `must be written ${canonical} (BCP 47 canonical form)`, 'not_canonical');
}
