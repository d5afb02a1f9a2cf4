// Which of Postgres's text search configurations a language has. What has no stemmer there is searched by the beginnings of its words.

/** All that Postgres 15 has; a later one may have more, which would make the same story two documents on two servers. */
const CONFIGURATIONS: Readonly<Record<string, string>> = {
  ar: 'arabic',
  ca: 'catalan',
  da: 'danish',
  de: 'german',
  el: 'greek',
  en: 'english',
  es: 'spanish',
  eu: 'basque',
  fi: 'finnish',
  fr: 'french',
  ga: 'irish',
  hi: 'hindi',
  hu: 'hungarian',
  hy: 'armenian',
  id: 'indonesian',
  it: 'italian',
  lt: 'lithuanian',
  nb: 'norwegian',
  ne: 'nepali',
  nl: 'dutch',
  nn: 'norwegian',
  no: 'norwegian',
  pt: 'portuguese',
  ro: 'romanian',
  ru: 'russian',
  sr: 'serbian',
  sv: 'swedish',
  ta: 'tamil',
  tr: 'turkish',
  yi: 'yiddish',
};

export const languageOf = (locale: string): string => locale.split('-', 1)[0]?.toLowerCase() ?? '';
export const configurationOf = (locale: string): string => CONFIGURATIONS[languageOf(locale)] ?? 'simple';
