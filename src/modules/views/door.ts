// Counts views before the framework sees them, which took more than half of their CPU (counting.ts). Only what navigator.sendBeacon(url)
// sends, as our documents spell the address; whatever else may be said of a view, and every refusal, is the framework's.
import type { IncomingMessage, ServerResponse } from 'node:http';
import proxyAddress from '@fastify/proxy-addr';
import { headSent, isPlain, sendHead, sendLast } from '../../heads.ts';
import { UUID } from '../../patterns.ts';
import type { Doorkeeper } from '../../plugins/door.ts';
import { SOURCES } from './sources.ts';
import type { CountRead } from './visiting.ts';

/** What a beacon has none of: with any of them it is looked at, or refused. */
const LOOKED_AT = ['content-type', 'idempotency-key'] as const;

const LOCALE = 'locale=([A-Za-z\\d-]{1,35})';
const SOURCE = `source=(${SOURCES.join('|')})`;
const addressUnder = (prefix: string) =>
  new RegExp(`^${prefix}/articles/(${UUID})/views(?:\\?(?:${LOCALE}(?:&${SOURCE})?|${SOURCE}(?:&${LOCALE})?))?$`);

const isEmpty = ({ headers }: IncomingMessage) =>
  (headers['content-length'] ?? '0') === '0' && LOOKED_AT.every((name) => headers[name] === undefined);

interface Options {
  prefix: string;
  /** Addresses and networks of proxies whose X-Forwarded-For is believed. */
  trustProxy: readonly string[];
  countRead: CountRead;
}

export function createViewDoor({ prefix, trustProxy, countRead }: Options) {
  const address = addressUnder(prefix);
  // As Fastify finds request.ip.
  const trusts = trustProxy.length > 0 ? proxyAddress.compile([...trustProxy]) : undefined;
  const addressOf = (request: IncomingMessage) =>
    (trusts ? proxyAddress(request, trusts) : request.socket.remoteAddress) ?? '';
  let head: string | undefined;
  const refusals = new WeakMap<IncomingMessage, unknown>();

  const answer: Doorkeeper = (request, response, handOn, isStopping) => {
    if (request.method !== 'POST' || head === undefined) return false;
    const sent = head;
    const [, id, first, second, third, fourth] = address.exec(request.url ?? '') ?? [];
    if (id === undefined || !isEmpty(request) || !isPlain(request, response)) return false;
    const reader = { actor: null, headers: request.headers, ip: addressOf(request) };
    countRead(reader, { articleId: id, locale: first ?? fourth, source: second ?? third ?? 'web' }).then(
      () => {
        response.statusCode = 204;
        if (isStopping()) sendLast(response, sent);
        else sendHead(response, sent);
      },
      (error: unknown) => {
        refusals.set(request, error);
        handOn();
      },
    );
    return true;
  };

  return {
    answer,
    /** Why it was not counted at the door: to be said, and not tried again, since whoever asks has waited for it once. */
    refusalOf: (request: IncomingMessage): unknown => refusals.get(request),
    /** Of the framework's answer to a view that it counted. */
    note(response: ServerResponse): void {
      head ??= headSent(response);
    },
  };
}
