// Remembers what names in questions stand for (languages, regions, tags, contributors, countries), which every list asks before it is
// walked. It remembers nothing of stories, and nothing while changes would go unheard.
import { LRUCache } from 'lru-cache';
import type { PublicDb, Statement } from '../db/pipeline.ts';
import { CONTRIBUTOR, REGION, TAG } from '../modules/taxonomy/naming.ts';
import type { Hearer } from '../plugins/announcements.ts';
import { SITE, termsGroup } from './groups.ts';

export interface Names extends Hearer {
  /** As the one it was made of, but that questions of names alone are asked once. */
  db: PublicDb;
}

/** Questions: whoever invents names pushes out what others have asked, which is then asked again. */
const MOST = 1_000;
/** Characters of a question; a longer one is asked each time. */
const LONGEST = 1_000;
const OF_NAMES = new Set([SITE, ...[REGION, TAG, CONTRIBUTOR].map(({ table }) => termsGroup({ plural: table }))]);

export function rememberNames(db: PublicDb): Names {
  const known = new LRUCache<string, object[]>({ max: MOST });
  let isListening = false;
  /** How often all was forgotten: an answer to what was asked before may be one from before. */
  let age = 0;
  const forget = () => {
    age += 1;
    known.clear();
  };

  async function query<Row extends object>(statement: Statement, values: readonly unknown[]) {
    const question = statement.isOfNames && isListening ? JSON.stringify([statement.name, values]) : null;
    if (question === null || question.length > LONGEST) return db.query<Row>(statement, values);
    const answer = known.get(question);
    if (answer) return answer as Row[];
    const asked = age;
    const rows = await db.query<Row>(statement, values);
    if (asked === age) known.set(question, rows);
    return rows;
  }

  return {
    db: { query, end: () => db.end() },
    onGroups(groups) {
      if (groups.some((group) => OF_NAMES.has(group))) forget();
    },
    onListening() {
      isListening = true;
    },
    onLost() {
      isListening = false;
      forget();
    },
  };
}
