// Takes out of an audit entry what must never stand in a log that nobody can change: secrets, the text of stories, the addresses
// of people. It is the last gate and no licence: who writes an entry leaves them out.

/** A digest tells whether a guess was right, so it is a secret, too. */
const SECRET = /digest|hash|token|secret|password/i;
/** Revisions have these, and go with a story that is erased. */
const TEXT = new Set(['body', 'standfirst', 'corrections', 'extra', 'text', 'note', 'html', 'portableText']);
/** A person may ask for these to be forgotten, and those who read the log need only the name. */
const ADDRESS = new Set(['email', 'subject', 'providerSubject']);
/** Its members have names of the newsroom's own, such as `hashtag` or `note`; what is no text in them is all that is written (fields/writing.ts). */
const OWN_NAMES = 'fields';

export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !SECRET.test(name) && !TEXT.has(name) && !ADDRESS.has(name))
      .map(([name, member]) => [name, name === OWN_NAMES ? member : withoutSecrets(member)]),
  );
}
