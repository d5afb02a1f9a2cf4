// What the site and its locales look like on the wire; the same shapes are what the desk edits.
import { type Static, type TObject, Type } from 'typebox';
import { documented, exactlyOne } from '../../conditions.ts';
import {
  byLocale,
  closed,
  DateTime,
  Key,
  Links,
  Locale,
  LocaleMeta,
  LocaleTag,
  Localised,
  NoMeta,
  nullable,
  oneOf,
  ref,
  Text,
  Version,
  WebUrl,
} from '../../schemas.ts';
import { NETWORKS } from './sharing.ts';

export type LocalisedText = Record<string, string>;

const SocialLink = closed({
  network: Type.String({ pattern: '^[a-z0-9-]+$', maxLength: 40, description: 'For example x, youtube, telegram' }),
  url: WebUrl,
});
const AppLink = closed({
  store: oneOf(['app-store', 'google-play', 'app-gallery', 'rustore', 'f-droid']),
  url: WebUrl,
});
const MenuItem = closed(
  {
    label: Localised(100, 'What the reader sees'),
    region: Type.Optional(Key),
    tag: Type.Optional(Key),
    url: Type.Optional(WebUrl),
  },
  { description: 'Leads to exactly one of region, tag and url', ...documented(exactlyOne('region', 'tag', 'url')) },
);
const Menu = closed({ key: Key, items: Type.Array(MenuItem, { maxItems: 100 }) });
const Colour = Type.String({ pattern: '^#[0-9a-fA-F]{6}$', description: 'sRGB colour as #rrggbb' });
const Theme = closed({ background: Colour, text: Colour, accent: Colour, logoUrl: nullable(WebUrl) });

export const Branding = closed(
  { light: Theme, dark: Theme },
  { description: 'Colours and logo for the day and the night theme' },
);
export const Rights = closed(
  {
    usageTerms: Localised(1000, 'The licence line'),
    attributionRequired: Type.Boolean({ description: 'Whether any use has to carry `attributionHtml` of the story' }),
    attributionUrl: nullable(WebUrl, { description: 'Where the name of the holder leads to in a credit' }),
    holder: nullable(Text(200), { description: 'Whom a credit names; the publication, where it is null' }),
    licenceUrl: nullable(WebUrl, { description: 'The licence itself, also told as `Link: rel="license"`' }),
    syndicatable: Type.Boolean({ description: 'Whether others may republish the stories at all' }),
    partnerEmbargoMinutes: Type.Integer({
      minimum: 0,
      maximum: 525_600,
      description:
        'Minutes after a story first came out in a language in which only partners who are entitled to embargoed stories may republish it; 0 for none',
    }),
  },
  { description: 'On which terms others may use the stories' },
);

export type SocialLink = Static<typeof SocialLink>;
export type AppLink = Static<typeof AppLink>;
export type Menu = Static<typeof Menu>;
export type Branding = Static<typeof Branding>;
export type Rights = Static<typeof Rights>;

export const LocaleEntry = closed(
  {
    tag: Locale,
    name: Text(100, 'Name of the language in its own script'),
    direction: oneOf(['ltr', 'rtl']),
    aliases: Type.Array(Locale, {
      maxItems: 20,
      uniqueItems: true,
      description: 'Other names accepted for it in requests',
    }),
    fallback: Type.Array(LocaleTag, {
      maxItems: 20,
      uniqueItems: true,
      description: 'Locales to try next, best first',
    }),
    position: Type.Integer({ minimum: 0, maximum: 10000, description: 'Order in language switches' }),
    version: Version,
    updatedAt: DateTime,
  },
  { $id: 'LocaleEntry', description: 'A language that the newsroom publishes in' },
);
export type LocaleEntry = Static<typeof LocaleEntry>;
export const DeskLocale = closed(
  {
    ...LocaleEntry.properties,
    slugScript: oneOf(['native', 'latin'], {
      description: 'Script of the slugs that are proposed: that of the language, or transliterated to Latin letters',
    }),
  },
  { $id: 'DeskLocale', description: 'A language as the desk sees it' },
);
export type DeskLocale = Static<typeof DeskLocale>;

const siteFields = {
  name: Localised(200, 'Name of the publication'),
  tagline: Localised(500, 'Its tagline'),
  baseUrl: Type.String({
    ...WebUrl,
    description: 'Absolute http or https URL with a name for its host, without credentials, query and fragment',
    ...documented({ pattern: '^https?://[^/@?#[\\]]+(/[^?#[\\]]*)?$' }),
  }),
  articleUrl: Type.String({
    // With {locale} alone, all stories of a language had one address.
    pattern: '^https?://[^\\s{}]+(\\{locale\\}[^\\s{}]*)*\\{(slug|id)\\}[^\\s{}]*(\\{(locale|slug|id)\\}[^\\s{}]*)*$',
    maxLength: 500,
    description:
      'Where a story stands on the front end, with {locale}, {slug} and {id} as placeholders, one of the last two at least. One that begins with `baseUrl` moves along when that is changed alone',
  }),
  timeZone: Type.String({
    maxLength: 60,
    description: 'IANA time zone name',
    ...documented({ pattern: '^[A-Za-z][A-Za-z0-9+_/-]*$' }),
  }),
  defaultLocale: LocaleTag,
  shareNetworks: nullable(Type.Array(oneOf([...NETWORKS]), { maxItems: 20, uniqueItems: true }), {
    description: 'Where readers can share stories, in this order; null for those among the social links',
  }),
  shortUrl: nullable(
    Type.String({
      pattern: '^https?://[^\\s{}]+(\\{locale\\}[^\\s{}]*\\{code\\}|\\{code\\}[^\\s{}]*\\{locale\\})[^\\s{}]*$',
      maxLength: 200,
    }),
    {
      description:
        'Short address of a story, with {locale} and {code} as placeholders; it has to lead to /v1/s/{locale}/{code} of this API. Null for none',
    },
  ),
  hubs: Type.Array(WebUrl, {
    maxItems: 5,
    uniqueItems: true,
    description:
      'WebSub hubs of others, at https and a public address: feeds name them beside our own, and they are told of each change',
  }),
  socialLinks: Type.Array(SocialLink, { maxItems: 30 }),
  appLinks: Type.Array(AppLink, { maxItems: 10 }),
  menus: Type.Array(Menu, { maxItems: 20 }),
  branding: Branding,
  rights: Rights,
};

export const Site = closed(
  {
    ...siteFields,
    locales: Type.Array(ref(LocaleEntry)),
    version: Version,
    updatedAt: DateTime,
  },
  { $id: 'Site', description: 'The publication: what a front end needs before it shows the first story' },
);
export type Site = Static<typeof Site>;
const revisionDays = nullable(Type.Integer({ minimum: 1, maximum: 36_500 }), {
  description: 'Revisions that are older than so many days are forgotten, but for those still needed; null keeps all',
});
export const DeskSite = closed(
  { ...Site.properties, revisionDays },
  { $id: 'DeskSite', description: 'The publication as the desk sees it' },
);
export type DeskSite = Static<typeof DeskSite>;
/** What an editor decides about the site. */
export type SiteFields = Omit<DeskSite, 'locales' | 'version' | 'updatedAt'>;

/** As `Localised`, where null takes a language away. */
const LocalisedPatch = (maxLength: number, description: string) =>
  byLocale(nullable(Text(maxLength)), { description: `${description}; null takes a language away` });
const partial = <T extends TObject>(schema: T) => Type.Partial(schema, { additionalProperties: false });
export const SitePatch = Type.Partial(
  closed({
    ...siteFields,
    name: LocalisedPatch(200, 'Name of the publication'),
    tagline: LocalisedPatch(500, 'Its tagline'),
    branding: partial(closed({ light: partial(Theme), dark: partial(Theme) })),
    rights: partial(closed({ ...Rights.properties, usageTerms: LocalisedPatch(1000, 'The licence line') })),
    revisionDays,
  }),
  {
    $id: 'SitePatch',
    additionalProperties: false,
    minProperties: 1,
    description: 'JSON Merge Patch (RFC 7396); lists are replaced as a whole',
  },
);
export type SitePatch = Static<typeof SitePatch>;

const { tag, version: _version, updatedAt: _updatedAt, ...localeFields } = DeskLocale.properties;
/** Language, script, region, variants, extensions, private use (RFC 5646 section 4.5): what Intl makes of a tag has this form. */
const CANONICAL_TAG =
  '^([a-z]{2,3}|[a-z]{5,8})(-[A-Z][a-z]{3})?(-([A-Z]{2}|\\d{3}))?(-([a-z0-9]{5,8}|\\d[a-z0-9]{3}))*(-[a-wyz0-9](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?$';
export const LocaleInput = closed(
  {
    tag: Type.String({
      ...tag,
      description: 'BCP 47 language tag (RFC 5646) in its canonical form',
      ...documented({ pattern: CANONICAL_TAG }),
    }),
    name: localeFields.name,
    direction: localeFields.direction,
    aliases: Type.Optional(localeFields.aliases),
    fallback: Type.Optional(localeFields.fallback),
    position: Type.Optional(localeFields.position),
    slugScript: Type.Optional(localeFields.slugScript),
  },
  { $id: 'LocaleInput' },
);
export const LocalePatch = Type.Partial(closed(localeFields), {
  $id: 'LocalePatch',
  additionalProperties: false,
  minProperties: 1,
});
export type LocaleInput = Static<typeof LocaleInput>;
export type LocalePatch = Static<typeof LocalePatch>;

export const SiteAnswer = closed({
  data: ref(Site),
  meta: ref(LocaleMeta),
  links: ref(Links),
});
export const DeskSiteAnswer = closed({ data: ref(DeskSite), meta: ref(NoMeta), links: ref(Links) });
export const LocaleListAnswer = closed({ data: Type.Array(ref(LocaleEntry)), meta: ref(NoMeta), links: ref(Links) });
export const DeskLocaleListAnswer = closed({ data: Type.Array(ref(DeskLocale)), meta: ref(NoMeta), links: ref(Links) });
export const DeskLocaleAnswer = closed({ data: ref(DeskLocale), meta: ref(NoMeta), links: ref(Links) });
export const LocaleParams = closed({ tag: LocaleTag });
