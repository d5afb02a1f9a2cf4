// Makes signing secrets and signs messages with them (Standard Webhooks 1.0). It sends nothing.
import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/** The specification asks for 24 to 64. */
const SECRET_BYTES = 32;

export const newSigningSecret = (): Buffer => randomBytes(SECRET_BYTES);
/** As the receiver is told it. */
export const writtenSecret = (secret: Buffer): string => `whsec_${secret.toString('base64')}`;

export const messageIdOf = (id: string): string => `msg_${id}`;

/** @param secrets all that hold: after a rotation there are two for a while, and a signature by each */
export const signedHeaders = (id: string, at: Date, body: string, secrets: Buffer[]): Record<string, string> => ({
  'content-type': 'application/json',
  'webhook-id': messageIdOf(id),
  'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
  'webhook-signature': secrets
    .map((secret) => new Webhook(writtenSecret(secret)).sign(messageIdOf(id), at, body))
    .join(' '),
});
