// Makes and recognises API keys and the tokens of sessions and previews: prefix, random part, checksum. It stores nothing.
import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = { key: 'dl_', access: 'ds_', refresh: 'dr_', preview: 'dp_' } as const;
/** 192 random bits in hexadecimal digits. */
const RANDOM = 48;
const SHAPE = /^(?:d[lsp]_([0-9a-f]{48})|dr_([0-9a-f]{96}))([0-9a-f]{8})$/;

/** With a checksum, so that a mistyped key is told from a revoked one and scanners can find leaked ones. */
const compose = (kind: keyof typeof PREFIX, random: string) => `${PREFIX[kind]}${random}${checksum(random)}`;
const random = () => randomBytes(RANDOM / 2).toString('hex');
const checksum = (text: string) => crc32(text).toString(16).padStart(8, '0');

export const newSecret = (): string => compose('key', random());
export const newAccessToken = (): string => compose('access', random());
/** All refresh tokens of a session begin alike, so that one from long ago is still known to be of it. */
export const newRefreshToken = (beginning = random()): string => compose('refresh', beginning + random());
export const beginningOf = (refreshToken: string): string => refreshToken.slice(PREFIX.refresh.length).slice(0, RANDOM);

export const isAccessToken = (secret: string): boolean => secret.startsWith(PREFIX.access);
export const newPreviewToken = (): string => compose('preview', random());
export const isRefreshToken = (secret: string): boolean => secret.startsWith(PREFIX.refresh) && isIntact(secret);

export const isPreviewToken = (token: string): boolean => token.startsWith(PREFIX.preview) && isIntact(token);

/** What may stand in Authorization. False for what begins like ours but cannot be; other shapes (ADMIN_KEY) may be any text. */
export function isPlausible(secret: string): boolean {
  if (secret.startsWith(PREFIX.refresh) || secret.startsWith(PREFIX.preview)) return false;
  if (secret.startsWith(PREFIX.key) || isAccessToken(secret)) return isIntact(secret);
  return secret.length >= 32 && secret.length <= 200;
}

function isIntact(secret: string): boolean {
  const [, one, two, sum] = SHAPE.exec(secret) ?? [];
  return sum === checksum(one ?? two ?? '');
}

/** SHA-256: what it is made of is random, so a slow hash would protect nothing more. */
export const secretDigest = (secret: string): Buffer => createHash('sha256').update(secret).digest();
export const visiblePrefix = (secret: string): string => secret.slice(0, 7);
