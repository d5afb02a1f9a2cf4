// Short names of categories and authors, as files have them in addresses. It makes none.

/** WordPress percent-encodes slugs that are not ASCII. */
export function unescaped(slug: string): string {
  try {
    return decodeURIComponent(slug);
  } catch {
    return slug;
  }
}

/** By which a mapping names it. */
export const nameIn = (text: string) => unescaped(text).normalize('NFC').trim().toLowerCase();
