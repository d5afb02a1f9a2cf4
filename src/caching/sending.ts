// Sends what caches may keep: ETag, Last-Modified, 304, content codings, and what it is made of. It keeps nothing itself.
import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest, onSendHookHandler, RouteOptions } from 'fastify';
import { SITE } from './groups.ts';
import { codedAs, codingFor, freshness, type Representation, secondsLeft } from './representation.ts';
import { isUnchanged, tagOf } from './unchanged.ts';

export interface Cacheable {
  /** The body without what must not move the ETag; bytes are UTF-8. */
  json: string | Buffer;
  /** Digest of `json`; computed when absent. */
  etag?: string;
  lastModified?: Date;
  /** Replaces `json` as what is sent, for members that stand outside the ETag, which is weak then. */
  send?: string | Buffer;
  /** What it is made of, named by caching/groups.ts and told to shared caches (RFC 9875); the site always belongs to it. Null where nobody could name it. */
  groups: readonly string[] | null;
  /** False where this server may not keep it, since something else in it changes as well, such as a number of views, and tells nobody. */
  isKept?: boolean;
  /** How soon others should ask again. */
  lifetime?: keyof typeof LIFETIMES;
  /** Milliseconds after which it changes by itself, by the database's clock. */
  freshFor?: number | null;
  /** Media type; JSON unless it is given. */
  type?: string;
  /** A request header that decides whether it is answered, beside those of every answer. */
  vary?: string;
  /** In place of those that every answer carries. */
  headers?: Record<string, string>;
}

/** RFC 5861: stale is better than slow for a minute, and better than nothing for a day. */
const cacheControl = (own: number, shared: number) =>
  `public, max-age=${own}, s-maxage=${shared}, stale-while-revalidate=60, stale-if-error=86400`;

/** Seconds, for browsers and for shared caches (RFC 9111 section 5.2.2): one that purges by Surrogate-Key may keep all of it for longer. */
const LIFETIMES = {
  /** A single story, and what is shown of it. */
  story: cacheControl(10, 30),
  /** What the next story changes. */
  list: cacheControl(10, 15),
  /** The site, its languages, the taxonomy. */
  settings: cacheControl(60, 300),
  /**
   * What stands where something stood, and where the next story may stand. nginx that refreshes behind its readers
   * (`proxy_cache_use_stale updating`, `proxy_cache_background_update`) goes on showing what it has while it may not keep what it is
   * told instead: a withdrawn story, for as long as somebody asks for it.
   */
  ended: 'public, max-age=0, s-maxage=1, stale-while-revalidate=0',
} as const;

const JSON_TYPE = 'application/json; charset=utf-8';
const VARY = 'Authorization, Accept-Encoding';

/** What can be answered 304 goes through sendCacheable. */
export const isCacheable = ({ schema, config }: RouteOptions): boolean =>
  304 in ((schema?.response ?? {}) as object) && config?.access === 'public';

const ENDED = new Set([301, 404, 410]);
export const supersede: onSendHookHandler = (request, reply, payload, done) => {
  if (ENDED.has(reply.statusCode) && request.headers.authorization === undefined)
    reply.headers({ 'cache-control': LIFETIMES.ended, vary: VARY });
  done(null, payload);
};

export function sendCacheable(
  request: FastifyRequest,
  reply: FastifyReply,
  cacheable: Cacheable,
): FastifyReply | Promise<FastifyReply> {
  const {
    json,
    etag,
    lastModified,
    send,
    groups,
    isKept = true,
    lifetime = 'story',
    freshFor,
    type = JSON_TYPE,
    vary,
    headers,
  } = cacheable;
  // Encoded before it is digested: sha1 of a text encodes it once more (51 KB of Armenian: 84 us in all against 133).
  const bytes = etag === undefined ? encode(json) : null;
  // What a partner gets changes with what it may have, at no time that a story knows of.
  const modified = request.actor?.partner ? undefined : lastModified;
  const all = groups && [...new Set([...groups, SITE])];
  const representation: Representation = {
    headers: {
      ...headersKept(reply),
      vary: vary ? `${VARY}, ${vary}` : VARY,
      ...headers,
      ...(modified && { 'last-modified': modified.toUTCString() }),
      ...(all && { 'surrogate-key': all.join(' '), 'cache-groups': `"${all.join('", "')}"` }),
    },
    bytes: send === undefined && bytes ? bytes : encode(send ?? json),
    etag: etag ?? digest(bytes ?? json),
    isWeak: send !== undefined && send !== json,
    lastModified: modified,
    type,
    cacheControl: LIFETIMES[lifetime],
    groups: isKept ? all : null,
    expires: freshFor === undefined || freshFor === null ? undefined : performance.now() + freshFor,
    coded: {},
    toldLeft: undefined,
    sent: {},
    unchanged: {},
  };
  request.flight?.land(representation);
  return sendRepresentation(request, reply, representation);
}

const BY_ROUTE = ['content-language', 'link'] as const;
function headersKept(reply: FastifyReply): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const name of BY_ROUTE) {
    const value = reply.getHeader(name);
    if (value !== undefined) kept[name] = value as string | string[];
  }
  return kept;
}

/** 304 also when the request says no-cache: some clients add it by themselves, and the ETag has just been compared. */
export function sendRepresentation(
  request: FastifyRequest,
  reply: FastifyReply,
  representation: Representation,
): FastifyReply | Promise<FastifyReply> {
  request.representation = representation;
  const coding = codingFor(request.headers['accept-encoding'], representation);
  reply.headers(representation.headers).header('etag', tagOf(representation, coding));
  reply.header('cache-control', freshness(representation, secondsLeft(representation)));
  if (isUnchanged(request.headers, representation, coding))
    // What tells of the content alone has no place where there is none (RFC 9110 section 15.4.5).
    return reply.code(304).removeHeader('content-language').send();
  reply.type(representation.type);
  if (!coding) return reply.send(representation.bytes);
  const bytes = codedAs(representation, coding);
  reply.header('content-encoding', coding);
  return bytes instanceof Promise ? bytes.then((made) => reply.send(made)) : reply.send(bytes);
}

const scratch = Buffer.allocUnsafeSlow(1_048_576);
/**
 * As Buffer.from(text), at half its cost where the text is not ASCII (17 KB of Armenian: 19 us against 28), since it is not
 * counted before it is written. Sent as text, it would be counted by Fastify and written by Node.js: 30 us.
 */
function encode(text: string | Buffer): Buffer {
  if (typeof text !== 'string') return text;
  // A UTF-16 code unit takes three bytes at most.
  if (text.length * 3 > scratch.length) return Buffer.from(text);
  const length = scratch.write(text);
  const bytes = Buffer.allocUnsafeSlow(length);
  scratch.copy(bytes, 0, 0, length);
  return bytes;
}

export const digest = (content: string | Buffer) => hash('sha1', content, 'base64url');
