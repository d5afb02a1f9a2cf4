// Examples of the site for the OpenAPI document; of a newsroom that does not exist.
import type { DeskLocale, DeskSite, LocaleEntry, LocaleInput, LocalePatch, Site, SitePatch } from './schemas.ts';

const locale: LocaleEntry = {
  tag: 'hy',
  name: 'Հայերեն',
  direction: 'ltr',
  aliases: ['arm'],
  fallback: ['ru', 'en'],
  position: 2,
  version: 1,
  updatedAt: '2026-03-02T08:00:00.000Z',
};
export const deskLocale: DeskLocale = { ...locale, slugScript: 'native' };
export const localeInput: LocaleInput = {
  tag: 'hy',
  name: 'Հայերեն',
  direction: 'ltr',
  aliases: ['arm'],
  fallback: ['en'],
  position: 2,
  slugScript: 'native',
};
export const localePatch: LocalePatch = { fallback: ['ru', 'en'] };

const theme = {
  background: '#ffffff',
  text: '#1b1b1b',
  accent: '#0b6e4f',
  logoUrl: 'https://www.example.org/logo.svg',
};
export const site: Site = {
  name: { en: 'The Evening Ferry', hy: 'Երեկոյան լաստանավ' },
  tagline: { en: 'What the day brought ashore' },
  baseUrl: 'https://www.example.org',
  articleUrl: 'https://www.example.org/{locale}/{slug}',
  timeZone: 'Asia/Yerevan',
  defaultLocale: 'en',
  shareNetworks: ['telegram', 'email'],
  shortUrl: 'https://ferry.example/{locale}/{code}',
  hubs: ['https://hub.example/'],
  socialLinks: [{ network: 'telegram', url: 'https://www.example.org/social/telegram' }],
  appLinks: [{ store: 'f-droid', url: 'https://www.example.org/apps/android' }],
  menus: [
    {
      key: 'main',
      items: [
        { label: { en: 'Caspian', hy: 'Կասպից ծով' }, region: 'caspian' },
        { label: { en: 'Transport' }, tag: 'transport' },
        { label: { en: 'About us' }, url: 'https://www.example.org/en/about' },
      ],
    },
  ],
  branding: { light: theme, dark: { ...theme, background: '#101412', text: '#eeeeee', accent: '#4cc38a' } },
  rights: {
    usageTerms: { en: 'Any use only with a hyperlink to the story.' },
    attributionRequired: true,
    attributionUrl: 'https://www.example.org',
    holder: 'The Evening Ferry',
    licenceUrl: null,
    syndicatable: true,
    partnerEmbargoMinutes: 0,
  },
  locales: [
    {
      tag: 'en',
      name: 'English',
      direction: 'ltr',
      aliases: [],
      fallback: [],
      position: 0,
      version: 1,
      updatedAt: '2026-03-02T08:00:00.000Z',
    },
    locale,
  ],
  version: 4,
  updatedAt: '2026-09-14T17:40:21.500Z',
};
export const deskSite: DeskSite = { ...site, revisionDays: 365 };
export const sitePatch: SitePatch = {
  timeZone: 'Asia/Tbilisi',
  tagline: { en: 'What the day brought ashore', hy: null },
  revisionDays: 365,
};
