// Signs the positions that lists hand out, bound to their filters; a cursor that was altered or made for another list is refused.
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { Problem } from '../errors.ts';
import { loadOnce } from '../loading.ts';
import { getOrCreateSecret } from '../modules/access/queries.ts';

/** What a row is ordered by, and what tells rows apart that are equal in it. */
export type CursorValues = [number | string, string];
interface Position {
  direction: 'next' | 'prev';
  values: CursorValues;
}
export interface Cursors {
  /** @param scope all that decides which rows stand in which order: noun, locale, filters, sort */
  encode(scope: string, direction: Position['direction'], values: CursorValues): string;
  /** @throws Problem invalid_cursor */
  decode(scope: string, cursor: string): Position;
}

declare module 'fastify' {
  interface FastifyInstance {
    cursors: () => Promise<Cursors>;
  }
}

/** Its name among the secrets of a newsroom. */
export const CURSOR_SECRET = 'cursor';
/** RFC 2104 section 5 lets a MAC be cut to half its length; 128 bits are beyond guessing. */
const MAC_BYTES = 16;

function createCursors(secret: KeyObject): Cursors {
  const sign = (scope: string, payload: Buffer) =>
    // A length before the scope: no two pairs of scope and payload join to the same bytes.
    createHmac('sha256', secret)
      .update(`${Buffer.byteLength(scope)}:${scope}`)
      .update(payload)
      .digest()
      .subarray(0, MAC_BYTES);
  return {
    encode(scope, direction, values) {
      const payload = Buffer.from(JSON.stringify([direction === 'next' ? 1 : 0, ...values]));
      return Buffer.concat([sign(scope, payload), payload]).toString('base64url');
    },
    decode(scope, cursor) {
      const bytes = Buffer.from(cursor, 'base64url');
      const payload = bytes.subarray(MAC_BYTES);
      const genuine =
        payload.length > 0 &&
        timingSafeEqual(sign(scope, payload), bytes.subarray(0, MAC_BYTES)) &&
        // Base64url has more than one spelling of the same bytes: spare bits at the end.
        bytes.toString('base64url') === cursor;
      if (!genuine) throw invalidCursor();
      const [forward, ...values] = JSON.parse(payload.toString()) as [0 | 1, ...CursorValues];
      return { direction: forward ? 'next' : 'prev', values };
    },
  };
}

const invalidCursor = () =>
  new Problem('invalid_cursor', {
    errors: [
      {
        parameter: 'cursor',
        code: 'invalid',
        message: 'was not made here, or for other filters; start again without it',
      },
    ],
  });

export const cursors = fp(
  async (app: FastifyInstance) => {
    // At first use and not at start: the OpenAPI document is built without a database.
    app.decorate(
      'cursors',
      loadOnce(async () => createCursors(createSecretKey(await getOrCreateSecret(app.db.desk, CURSOR_SECRET)))),
    );
  },
  { name: 'cursors', dependencies: ['database'] },
);
