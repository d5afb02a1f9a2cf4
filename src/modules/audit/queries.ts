// Appends to the audit log, in the transaction of the change, and reads it; it never updates and never holds secrets.
import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import { insertOf } from '../../db/inserting.ts';
import type { Actor } from '../access/queries.ts';
import { withoutSecrets } from './omitting.ts';
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

/** What the log calls a draft, and the lock of one. */
export const draftId = ({ articleId, locale }: { articleId: string; locale: string }) => `${articleId}/${locale}`;

/** `actor` is null for what a command does on the machine itself. */
export async function insertAudit(db: Db, actor: Actor | null, entries: AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map(({ action, entity, entityId, before = null, after = null, by = actor }) => ({
    keyId: by?.keyId ?? null,
    userId: by?.userId ?? null,
    action,
    entity,
    entityId,
    before: withoutSecrets(before),
    after: withoutSecrets(after),
  }));
  await db.execute(insertOf(audit, rows));
}

/** Whether it came from this very person or key. */
export async function hasMade(
  db: Db,
  { keyId, userId }: Pick<Actor, 'keyId' | 'userId'>,
  entity: string,
  id: string,
): Promise<boolean> {
  const { rows } = await db.execute(sql`
    select from audit where entity = ${entity} and entity_id = ${id} and action = ${`${entity}.create`}
      and key_id is not distinct from ${keyId}::uuid and user_id is not distinct from ${userId}::uuid`);
  return rows.length > 0;
}

interface Doer {
  type: 'person' | 'key';
  id: string;
  /** Null where nothing is left of it but the id. */
  name: string | null;
}
/** SQL text: who stands behind the columns user_id and key_id of `row`; null for the machine itself. Names only: no address of a person. */
export const doerJson = (row: string) => `case
  when ${row}.user_id is not null
    then json_build_object('type', 'person', 'id', ${row}.user_id, 'name', (select name from users where id = ${row}.user_id))
  when ${row}.key_id is not null
    then json_build_object('type', 'key', 'id', ${row}.key_id, 'name', (select name from api_keys where id = ${row}.key_id)) end`;

export interface AuditRow {
  id: number;
  at: string;
  actor: Doer | null;
  action: string;
  entity: string;
  entityId: string;
  before: unknown;
  after: unknown;
  [column: string]: unknown;
}
export interface AuditFilter {
  entity?: string | undefined;
  entityId?: string | undefined;
  action?: string | undefined;
  /** Id of a person or of a key. */
  actor?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}
export interface AuditPage {
  /** Go on behind this entry. */
  after: number | null;
  backward: boolean;
  limit: number;
}

/**
 * SQL of all kinds of things that the log names, by one step through the index for each: so that audit_entity serves an id without a
 * kind, too, for which it was read whole (5,100 blocks among 420,000 entries).
 */
const ENTITIES = sql`with recursive kind as (
    (select entity from audit order by entity limit 1)
    union all select (select x.entity from audit x where x.entity > kind.entity order by x.entity limit 1) from kind where kind.entity is not null
  ) select entity from kind where entity is not null`;

/** Newest first. @returns one more than the limit where there are more; in reverse when backward */
export async function listAudit(
  db: Db,
  filter: AuditFilter,
  { after, backward, limit }: AuditPage,
): Promise<AuditRow[]> {
  const [direction, beyond] = backward ? [sql`asc`, sql`>`] : [sql`desc`, sql`<`];
  const { entity, entityId, action, actor, from, to } = filter;
  const conditions: SQL[] = [
    ...(after === null ? [] : [sql`a.id ${beyond} ${after}`]),
    ...(entity === undefined ? [] : [sql`a.entity = ${entity}`]),
    ...(entityId === undefined ? [] : [sql`a.entity_id = ${entityId}`]),
    ...(entity === undefined && entityId !== undefined ? [sql`a.entity = any(array(${ENTITIES}))`] : []),
    ...(action === undefined ? [] : [sql`a.action = ${action}`]),
    ...(actor === undefined ? [] : [sql`${await columnOf(db, actor)} = ${actor}`]),
    ...(from === undefined ? [] : [sql`a.at >= ${from}::timestamptz`]),
    ...(to === undefined ? [] : [sql`a.at < ${to}::timestamptz`]),
  ];
  const { rows } = await db.execute<AuditRow>(sql`
    select a.id::float8 as id, ${sql.raw(iso('a.at'))} as at, ${sql.raw(doerJson('a'))} as actor,
      a.action, a.entity, a.entity_id as "entityId", a.before, a.after
    from audit a ${conditions.length > 0 ? sql`where ${sql.join(conditions, sql` and `)}` : sql``}
    order by a.id ${direction} limit ${limit + 1}`);
  return rows;
}

/** One column, which an index can serve: with OR, it would be read whole. */
async function columnOf(db: Db, actor: string): Promise<SQL> {
  const { rows } = await db.execute(sql`select from users where id = ${actor}`);
  return rows.length > 0 ? sql`a.user_id` : sql`a.key_id`;
}
