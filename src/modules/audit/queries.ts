// Appends to the audit log, in the transaction of the change; it never updates and never holds secrets.
import type { Db } from '../../db/client.ts';
import type { Actor } from '../access/queries.ts';
import { audit } from './tables.ts';

export interface AuditEntry {
  action: string;
  entity: string;
  entityId: string;
  before?: unknown;
  after?: unknown;
  /** Whose decision it was, where the server carries it out by itself. */
  by?: Pick<Actor, 'keyId' | 'userId'>;
}

/** `actor` is null for what a command does on the machine itself. */
export async function insertAudit(db: Db, actor: Actor | null, entries: AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await db.insert(audit).values(
    entries.map(({ action, entity, entityId, before = null, after = null, by = actor }) => ({
      keyId: by?.keyId ?? null,
      userId: by?.userId ?? null,
      action,
      entity,
      entityId,
      before,
      after,
    })),
  );
}
