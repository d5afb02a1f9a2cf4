// Counts what a request says was read, where it comes from a reader and from no key. Resolves when that is on disk, or is none that counts.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { unknownLocale } from '../../errors.ts';
import { createViewCounter } from './counting.ts';
import { createLocaleReader } from './locales.ts';
import { createSaltStore } from './salts.ts';
import { isCountable, visitorKey } from './visitor.ts';

interface Read {
  articleId: string;
  /** Tag or alias; the site's default without it. */
  locale: string | undefined;
  source: string;
}
/** @throws Problem unknown_locale, service_unavailable */
export type CountRead = (reader: Pick<FastifyRequest, 'actor' | 'headers' | 'ip'>, read: Read) => Promise<void>;

/** One for each node. */
export function createReadCounter(app: FastifyInstance): CountRead {
  const counter = createViewCounter(app.db.pool);
  const salts = createSaltStore(app.db.pool);
  const localeOf = createLocaleReader(app.db.public);
  app.addHook('onClose', async () => {
    await counter.close();
    salts.close();
  });
  return async ({ actor, headers, ip }, { articleId, locale: given, source }) => {
    const locale = await localeOf(given);
    if (locale === null) throw unknownLocale();
    if (actor !== null || !isCountable(headers)) return;
    const { deciding, shadow } = await salts.current();
    const visit = { articleId, locale, ip, userAgent: headers['user-agent'] ?? '' };
    await counter.count({
      articleId,
      source,
      locale: given === undefined ? null : locale,
      visitorKey: visitorKey(deciding, visit),
      shadowKey: shadow === null ? null : visitorKey(shadow, visit),
    });
  };
}
