// Examples of webhooks for the OpenAPI document.
import type { Static } from 'typebox';
import type { Delivery, NewWebhook, Ping, ReplayInput, SecretRotation, Webhook, WebhookInput } from './schemas.ts';

export const webhook: Webhook = {
  id: '01980a2e-0011-7000-8000-000000000011',
  url: 'https://hooks.example.com/dateline',
  description: 'The app: push messages',
  events: ['article.published', 'article.withdrawn'],
  locales: ['en'],
  regions: null,
  tags: null,
  disabled: false,
  disabledAt: null,
  disabledReason: null,
  failures: 0,
  failingSince: null,
  pausedUntil: null,
  lastDeliveredAt: '2026-05-26T10:00:01.000Z',
  secrets: [{ createdAt: '2026-05-26T09:00:00.000Z', expiresAt: null }],
  version: 1,
  createdAt: '2026-05-26T09:00:00.000Z',
  updatedAt: '2026-05-26T09:00:00.000Z',
};
const { url, description, events, locales } = webhook;
export const input: WebhookInput = { url, description, events, locales };
export const patch: WebhookInput & { disabled: boolean } = { ...input, disabled: false };
export const made: NewWebhook = { ...webhook, lastDeliveredAt: null, secret: `whsec_${'A'.repeat(43)}=` };
export const rotation: Static<typeof SecretRotation> = { overlapSeconds: 86_400 };
export const delivery: Delivery = {
  id: 'msg_01980a2e-0012-7000-8000-000000000012',
  event: 'article.published',
  reason: 'published',
  articleId: '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10',
  locale: 'en',
  status: 'pending',
  attempts: 1,
  nextAttemptAt: '2026-05-26T10:00:05.200Z',
  attemptedAt: '2026-05-26T10:00:00.000Z',
  responseStatus: 503,
  durationMs: 42,
  answer: 'try later',
  error: 'It answered 503.',
  createdAt: '2026-05-26T09:59:59.900Z',
  finishedAt: null,
};
export const ping: Ping = {
  event: 'webhook.ping',
  messageId: 'msg_01980a2e-0013-7000-8000-000000000013',
  delivered: true,
  responseStatus: 204,
  durationMs: 31,
  answer: '',
  error: null,
};
export const replay: Static<typeof ReplayInput> = {
  from: '2026-05-26T00:00:00.000Z',
  to: '2026-05-27T00:00:00.000Z',
  statuses: ['failed'],
};
