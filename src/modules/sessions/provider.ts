// Verifies ID tokens of the newsroom's OpenID provider (OpenID Connect Core 1.0, section 3.1.3.7). It knows no account.
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { Problem } from '../../errors.ts';

export interface ProviderConfig {
  /** As in its tokens, letter by letter. */
  readonly issuer: string;
  /** Whom its tokens have to be meant for. */
  readonly clientId: string;
}
export interface Identity {
  issuer: string;
  /** Issuer and subject: only both together name a person (section 2). */
  subject: string;
  email: string;
}
export interface Provider {
  /**
   * @param now by the database's clock
   * @returns null for a token that proves nothing
   * @throws Problem service_unavailable where the provider does not answer
   */
  verify(idToken: string, now: Date): Promise<Identity | null>;
}

/** Signatures that only the provider can make: HS256 would take the public key for a secret that both know. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const TIMEOUT_MS = 5_000;
/** A key that is not known is asked for again, once in this time at most, whoever makes up key ids. */
const COOLDOWN_MS = 2_000;
const DISCOVERY_MS = 3_600_000;

const REFUSED = [
  errors.JWTClaimValidationFailed,
  errors.JWTExpired,
  errors.JWTInvalid,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
];

export function createProvider({ issuer, clientId }: ProviderConfig): Provider {
  let found: { keys: Promise<JWTVerifyGetKey>; at: number } | undefined;
  const keysOf = (): Promise<JWTVerifyGetKey> => {
    if (!found || performance.now() - found.at > DISCOVERY_MS) {
      const keys = discover(issuer);
      const here = { keys, at: performance.now() };
      found = here;
      keys.catch(() => {
        if (found === here) found = undefined;
      });
    }
    return found.keys;
  };
  return {
    async verify(idToken, now) {
      try {
        const { payload, protectedHeader } = await jwtVerify(idToken, await keysOf(), {
          issuer,
          audience: clientId,
          algorithms: ALGORITHMS,
          requiredClaims: ['sub', 'iat', 'exp'],
          currentDate: now,
        });
        return isMeantForUs(payload, protectedHeader.typ, clientId) ? identityOf(issuer, payload) : null;
      } catch (error) {
        if (REFUSED.some((refused) => error instanceof refused)) return null;
        throw new Problem('service_unavailable', {
          detail: "The newsroom's OpenID provider does not answer as it should.",
          headers: { 'retry-after': '5' },
          cause: error,
        });
      }
    },
  };
}

/** OpenID Connect Discovery 1.0, section 4: the document has to name the issuer that it was asked of (section 4.3). */
async function discover(issuer: string): Promise<JWTVerifyGetKey> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { accept: 'application/json' },
  });
  if (response.status !== 200) throw new Error(`the discovery document answers ${response.status}`);
  const document = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
  if (document.issuer !== issuer) throw new Error('the discovery document is of another issuer');
  const keys = new URL(String(document.jwks_uri));
  if (keys.protocol !== new URL(issuer).protocol) throw new Error('the keys come by another protocol than the issuer');
  return createRemoteJWKSet(keys, { timeoutDuration: TIMEOUT_MS, cooldownDuration: COOLDOWN_MS });
}

/** An access token (RFC 9068) is none that signs in; one for several audiences has to name us as the one it was made for. */
function isMeantForUs({ aud, azp }: JWTPayload, typ: string | undefined, clientId: string): boolean {
  if (typ !== undefined && typ.toUpperCase() !== 'JWT') return false;
  if (Array.isArray(aud) && aud.length > 1 && azp === undefined) return false;
  return azp === undefined || azp === clientId;
}

/**
 * Anybody can write any address into an account: it counts only once the provider has seen it answered. Claims may be of any
 * type: the library looks at those that it compares. In small letters by ASCII alone: of the sign for kelvin, Unicode makes a k, and
 * of one address another one.
 */
function identityOf(issuer: string, { sub, email, email_verified: isVerified }: JWTPayload): Identity | null {
  if (typeof sub !== 'string' || sub === '' || typeof email !== 'string' || isVerified !== true) return null;
  return { issuer, subject: `${issuer} ${sub}`, email: email.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) };
}
