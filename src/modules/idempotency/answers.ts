// Seals the answer of a request under its own Idempotency-Key, so that whoever reads the database reads neither. It stores nothing.
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { InnerAnswer } from '../../plugins/inner.ts';

const [NONCE, TAG] = [12, 16];

/** What the row is found by. */
export const digestOf = (key: string): Buffer => createHash('sha256').update(`idempotency-key ${key}`).digest();

/** AES-256-GCM (NIST SP 800-38D); the key is derived by HKDF (RFC 5869) and never stored. */
const keyOf = (key: string, actorId: string) =>
  Buffer.from(hkdfSync('sha256', key, actorId, 'dateline answer of a request', 32));

export function seal(key: string, actorId: string, answer: InnerAnswer): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', keyOf(key, actorId), nonce);
  const sealed = [cipher.update(JSON.stringify(answer)), cipher.final()];
  return Buffer.concat([nonce, cipher.getAuthTag(), ...sealed]);
}

export function unseal(key: string, actorId: string, sealed: Buffer): InnerAnswer {
  const decipher = createDecipheriv('aes-256-gcm', keyOf(key, actorId), sealed.subarray(0, NONCE));
  decipher.setAuthTag(sealed.subarray(NONCE, NONCE + TAG));
  return JSON.parse(Buffer.concat([decipher.update(sealed.subarray(NONCE + TAG)), decipher.final()]).toString());
}
