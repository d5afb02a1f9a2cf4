// What a receiver is told of a change: thin, with links to read the rest, in one form for every event. It says nothing that is not public.

export const EVENTS = [
  'article.published',
  'article.updated',
  'article.unpublished',
  'article.withdrawn',
  'article.deleted',
  'article.redirected',
] as const;
export type EventType = (typeof EVENTS)[number];
/** Sent by hand, to see whether the receiver answers. */
export const PING = 'webhook.ping';

/** As the trigger enqueue_deliveries() writes it. */
export interface EventArticle {
  id: string;
  /** Permanent tag URI. */
  uri: string | null;
  locale: string;
  slug: string | null;
  version: number;
  kind: string | null;
  /** Keys, with those of all ancestors. */
  regions: string[];
  tags: string[];
}
export interface Happening {
  event: EventType | typeof PING;
  happenedAt: Date;
  reason: string;
  article: EventArticle;
}

/** The body of the message. Its members stand in one order, so that every try is the same to the byte. */
export function messageOf({ event, happenedAt, reason, article }: Happening, baseUrl: string): string {
  const { id, uri, locale, slug, version, kind, regions, tags } = article;
  return JSON.stringify({
    type: event,
    timestamp: happenedAt.toISOString(),
    data: {
      article: { id, uri, locale, slug, version, kind, regions, tags },
      reason,
      links: {
        self: `${baseUrl}/v1/articles/${id}?locale=${encodeURIComponent(locale)}`,
        translations: `${baseUrl}/v1/articles/${id}/translations`,
      },
    },
  });
}
