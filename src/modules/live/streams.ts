// The streams of this node: who follows which live story, and how far each has come. One read per story and change, whatever the number of readers;
// nobody is told a thing twice or out of order, and whoever reads too slowly is let go.
import { Readable } from 'node:stream';
import { entriesGroup, SITE, storyGroup } from '../../caching/groups.ts';
import type { PublicDb } from '../../db/pipeline.ts';
import { HEARTBEAT } from '../../event-stream.ts';
import { type EntryChange, findEntryChanges } from './queries.ts';

interface Topic {
  articleId: string;
  locale: string;
}
export interface Streams {
  /** @returns null where there are as many as may be, or the server stops */
  open(topic: Topic, from: number, write: Writer): Readable | null;
  /** What was announced. */
  changed(groups: string[]): void;
  /** What may have been announced unheard. */
  catchUp(): void;
  end(): void;
}
/** Texts of events. */
interface Writer {
  change(change: EntryChange): string;
  /** The story is not public any more. */
  end(): string;
  /** How long it stays open; 0 ends it once all is told that there is. */
  seconds: number;
}

interface Stream {
  out: Readable;
  write: Writer;
  /** Of the last change that it was told. */
  position: number;
  /** What came about while it was told what there was before; null from then on. */
  held: EntryChange[] | null;
  isOver: boolean;
  /** Called when its connection takes more, and when it is closed. */
  onRoom: () => void;
}
interface Line extends Topic {
  streams: Set<Stream>;
  position: number;
  isReading: boolean;
  isBehind: boolean;
}

const PAGE = 100;
/** Bytes that a reader may lag behind beyond what its connection holds, and changes while it is told those before. */
const MOST_BEHIND = 262_144;
const MOST_HELD = 1_000;
/** Bytes that wait for the connection while it is told what there was before: no reader is behind because that is much. */
const MOST_WAITING = 65_536;
const RETRY = 1_000;

const say = ({ out, isOver }: Stream, text: string) => {
  if (out.destroyed || isOver) return;
  out.push(text);
  // Cut off, it comes back by itself and is told the rest.
  if (out.readableLength > MOST_BEHIND) out.destroy();
};
const finish = (stream: Stream) => {
  if (stream.out.destroyed || stream.isOver) return;
  stream.isOver = true;
  stream.out.push(null);
};
const tell = (stream: Stream, change: EntryChange) => {
  if (change.position <= stream.position) return;
  if (stream.held) {
    stream.held.push(change);
    if (stream.held.length > MOST_HELD) stream.out.destroy();
    return;
  }
  stream.position = change.position;
  say(stream, stream.write.change(change));
};
const close = (line: Line) => {
  for (const stream of line.streams) {
    say(stream, stream.write.end());
    finish(stream);
  }
};

export function createStreams(db: PublicDb, most: number, onError: (error: unknown) => void): Streams {
  const lines = new Map<string, Line>();
  let count = 0;
  let ended = false;
  const keyOf = ({ articleId, locale }: Topic) => entriesGroup(articleId, locale);
  const read = ({ articleId, locale }: Topic, after: number) =>
    findEntryChanges(db, articleId, { locale, aliased: false }, { after, limit: PAGE });

  /** What came about since the line was read last; asked for meanwhile, it is read once more. */
  async function follow(line: Line): Promise<void> {
    line.isBehind = true;
    if (line.isReading) return;
    line.isReading = true;
    try {
      while (line.isBehind && line.streams.size > 0) {
        line.isBehind = false;
        const found = await read(line, line.position);
        if (!found) return close(line);
        for (const change of found.changes) {
          line.position = change.position;
          for (const stream of line.streams) tell(stream, change);
        }
        if (found.changes.length === PAGE) line.isBehind = true;
      }
    } catch (error) {
      onError(error);
      if (!ended) setTimeout(() => follow(line), RETRY).unref();
    } finally {
      line.isReading = false;
    }
  }

  /** What it does not know yet, by reads of its own, and then what was held back meanwhile. */
  async function begin(line: Line, stream: Stream): Promise<void> {
    for (let more = true; more; ) {
      const found = await read(line, stream.position);
      if (!found) return close(line);
      for (const change of found.changes) {
        if (stream.out.destroyed || stream.isOver) return;
        const { promise: room, resolve } = Promise.withResolvers<void>();
        stream.onRoom = resolve;
        stream.position = change.position;
        if (!stream.out.push(stream.write.change(change))) await room;
      }
      more = found.changes.length === PAGE;
    }
    const held = stream.held ?? [];
    stream.held = null;
    for (const change of held) tell(stream, change);
    if (stream.write.seconds === 0) finish(stream);
  }

  const beat = setInterval(() => {
    for (const { streams } of lines.values()) for (const stream of streams) say(stream, ':\n\n');
  }, HEARTBEAT).unref();

  return {
    open(topic, from, write) {
      if (ended || count >= most) return null;
      const out = new Readable({ read: () => stream.onRoom(), highWaterMark: MOST_WAITING });
      const stream: Stream = { out, write, position: from, held: [], isOver: false, onRoom: () => {} };
      const key = keyOf(topic);
      const line = lines.get(key) ?? {
        ...topic,
        ...{ streams: new Set<Stream>(), position: from, isReading: false, isBehind: false },
      };
      lines.set(key, line);
      line.streams.add(stream);
      count += 1;
      const limit = write.seconds > 0 ? setTimeout(() => finish(stream), write.seconds * 1_000).unref() : undefined;
      out.on('close', () => {
        clearTimeout(limit);
        stream.onRoom();
        count -= 1;
        line.streams.delete(stream);
        if (line.streams.size === 0 && lines.get(key) === line) lines.delete(key);
      });
      begin(line, stream).catch((error: unknown) => {
        onError(error);
        out.destroy();
      });
      return out;
    },
    changed(groups) {
      const named = new Set(groups);
      for (const [key, line] of lines)
        if (named.has(key) || named.has(storyGroup(line.articleId)) || named.has(SITE)) void follow(line);
    },
    catchUp() {
      for (const line of lines.values()) void follow(line);
    },
    end() {
      ended = true;
      clearInterval(beat);
      for (const { streams } of lines.values()) for (const stream of streams) finish(stream);
    },
  };
}
