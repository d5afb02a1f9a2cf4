// How `npm start` starts the server, read off package.json, so that it is measured as it is run. It starts nothing.
import manifest from '../package.json' with { type: 'json' };

const WORDS = manifest.scripts.start.split(' ');

export const START_ENV = Object.fromEntries(
  WORDS.filter((word) => /^[A-Z_]+=/.test(word)).map((word) => word.split('=')),
);
/** Of Node.js, from any folder. */
export const START_OPTIONS = WORDS.filter((word) => word.startsWith('--')).map((word) =>
  word.replace('=./', `=${new URL('../', import.meta.url).href}`),
);
