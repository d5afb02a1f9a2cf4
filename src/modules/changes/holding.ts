// Whether a reader who is told changes for longer than one request still may be told more: of a partner, its key, terms and quota. All others may.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../../errors.ts';
import { CHALLENGE } from '../../plugins/access.ts';
import { findActorOfKey } from '../access/queries.ts';
import { entitlementsOf, termsOf } from '../partners/entitlements.ts';
import { termsChanged } from './tokens.ts';

export interface Hold {
  /** To be asked after each wait: what was revoked meanwhile counts at once. @throws Problem unauthorized, token_expired */
  check(): Promise<void>;
  /** Before so many changes are told in a stream. @throws Problem too_many_requests */
  charge(changes: number): Promise<void>;
}

/** A page of `/v1/changes` has as many at most, and counts as one request. */
const FOR_ONE = 100;
const FREE: Hold = { check: async () => {}, charge: async () => {} };

export function holdOf(app: FastifyInstance, request: FastifyRequest): Hold {
  const partner = entitlementsOf(request);
  const keyId = request.actor?.keyId;
  if (!partner || !keyId) return FREE;
  let told = 0;
  // The request itself was counted before it came here.
  let paid = FOR_ONE;
  return {
    async check() {
      const actor = await findActorOfKey(app.db.desk, keyId);
      if (!actor?.partner) throw new Problem('unauthorized', { headers: CHALLENGE });
      if (termsOf(actor.partner) !== termsOf(partner)) throw termsChanged();
    },
    async charge(changes) {
      told += changes;
      for (; told > paid; paid += FOR_ONE)
        if (!(await app.quotas.claim(partner)).granted) throw new Problem('too_many_requests');
    },
  };
}
