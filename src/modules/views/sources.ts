// Where views come from, as they are counted. What was read at a partner is told apart for the desk, and is one sum for the public.
export const SOURCES = ['web', 'amp', 'ios', 'android', 'feed', 'partner'] as const;
/** What was not counted here has a source of its own, so that nothing that is counted meanwhile is lost to it. */
export const IMPORTED = 'import';
/** In pages elsewhere that carry the picture which counts. */
export const REPUBLISHED = 'republished';

export const republishedAt = (code: string): string => `${REPUBLISHED}:${code}`;
/** Every name that stands in view_counts. */
export const SOURCE_PATTERN = `^(${[...SOURCES, IMPORTED].join('|')}|${REPUBLISHED}(:[a-z0-9]{10})?)$`;
