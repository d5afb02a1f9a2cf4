// Makes and recognises API keys: prefix, random part, checksum. It stores nothing.
import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = 'dl_';
const SHAPE = /^dl_([0-9a-f]{48})([0-9a-f]{8})$/;

/** 192 random bits, and a checksum so that a mistyped key is told from a revoked one and scanners can find leaked ones. */
export function newSecret(): string {
  const random = randomBytes(24).toString('hex');
  return `${PREFIX}${random}${checksum(random)}`;
}

/** False for what begins like one of our keys but cannot be one; other shapes (ADMIN_KEY) may be any text. */
export function isPlausible(secret: string): boolean {
  if (!secret.startsWith(PREFIX)) return secret.length >= 32 && secret.length <= 200;
  const [, random = '', sum] = SHAPE.exec(secret) ?? [];
  return sum === checksum(random);
}

/** SHA-256: the keys are random, so a slow hash would protect nothing more. */
export const secretDigest = (secret: string): Buffer => createHash('sha256').update(secret).digest();
export const visiblePrefix = (secret: string): string => secret.slice(0, 7);

const checksum = (random: string) => crc32(random).toString(16).padStart(8, '0');
