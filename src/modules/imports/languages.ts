// Tells what a newsroom has to know of a language that it has not published in yet; it refuses what is no language.

/** ISO 639-2 codes that stand for no language: many, none, unknown, without a code. */
const NO_LANGUAGE = new Set(['mul', 'zxx', 'und', 'mis', 'root']);

export interface Language {
  /** In the canonical form of RFC 5646 section 4.5. */
  tag: string;
  /** In its own script. */
  name: string;
  direction: 'ltr' | 'rtl';
}

/** @returns null where CLDR, as Node.js carries it, knows no such language */
export function describeLanguage(given: string): Language | null {
  try {
    const [tag = ''] = Intl.getCanonicalLocales(given);
    const locale: Intl.Locale & { getTextInfo?(): { direction?: string } } = new Intl.Locale(tag);
    const name = new Intl.DisplayNames([tag], { type: 'language', fallback: 'none' }).of(tag);
    if (!name || locale.baseName !== tag || NO_LANGUAGE.has(locale.language)) return null;
    return { tag, name: capitalised(name, tag), direction: locale.getTextInfo?.().direction === 'rtl' ? 'rtl' : 'ltr' };
  } catch {
    return null; // RangeError: not well-formed, or with an extension that is no language
  }
}

/** Georgian has capitals for words that are all capitals only. */
function capitalised(name: string, tag: string): string {
  return name.replace(/^(?!\p{Script=Georgian})\p{Ll}/u, (letter) => letter.toLocaleUpperCase(tag));
}
