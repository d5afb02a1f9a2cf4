// `npm run search:reindex`: makes what search reads anew from what is public, and the words by which the desk finds drafts, beside a running
// server or without one. It changes no story.
import { parseArgs } from 'node:util';
import { type Db, deskDb } from '../db/client.ts';
import { storeAllDraftWords } from '../modules/desk/finding.ts';
import { countStories, reindex } from '../modules/search/reindexing.ts';
import { withDatabase } from './connecting.ts';
import { wordsOf } from './failing.ts';
import { prepareFor } from './prepare.ts';
import { showProgress } from './progress.ts';
import { complain, say } from './saying.ts';

const HELP = `Makes the search documents of all public stories anew, and the words of drafts, such as after an upgrade of Postgres that changed its stemmers.

  npm run search:reindex

The database is that of DATABASE_URL, else the one in DATA_DIR, whether the server runs or not; searches go on meanwhile.
What is as it should be is left alone. Exit code: 0 done, 1 it could not run, 130 stopped by Ctrl-C.
`;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h', default: false } } });
  if (values.help) {
    say(HELP.trimEnd());
    return 0;
  }
  return withDatabase({ name: 'dateline reindex', connections: 2, say, prepare: prepareFor(say) }, (pool) =>
    reindexAll(deskDb(pool)),
  );
}

async function reindexAll(db: Db): Promise<number> {
  const stopping = new AbortController();
  const stop = () => {
    complain('Stopping behind the stories in flight.');
    stopping.abort();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const bar = showProgress(await countStories(db), 'stories');
  const started = performance.now();
  try {
    const { stories, done } = await reindex(db, storeAllDraftWords, {
      onStories: (soFar) => bar.update(soFar, soFar),
      signal: stopping.signal,
    });
    bar.stop();
    const seconds = (performance.now() - started) / 1000;
    say(`${stories} stories, ${seconds.toFixed(1)} s, ${seconds > 0 ? Math.round(stories / seconds) : 0} stories/s`);
    return done ? 0 : 130;
  } finally {
    bar.stop();
    process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop);
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    complain(`The stories could not be indexed: ${wordsOf(error)}`);
    process.exitCode = 1;
  },
);
