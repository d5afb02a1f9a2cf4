// SQL of the definitions of custom fields. It checks no rule; what stories hold is looked for in usage.ts.
import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import type { Field } from './schemas.ts';

const FIELD_JSON =
  sql.raw(`json_build_object('id', f.id, 'key', f.key, 'label', f.label, 'type', f.type, 'choices', f.choices,
  'kinds', f.kinds, 'localised', f.localised, 'required', f.required, 'public', f.public, 'filterable', f.filterable,
  'position', f.position, 'version', f.version, 'createdAt', ${iso('f.created_at')}, 'updatedAt', ${iso('f.updated_at')})`);

const select = async (db: Db, where: SQL) => {
  const { rows } = await db.execute<{ field: Field }>(
    sql`select ${FIELD_JSON} as field from fields f ${where} order by f.position, f.key`,
  );
  return rows.map(({ field }) => field);
};

/** In order of position and key. */
export const listFields = (db: Db): Promise<Field[]> => select(db, sql``);

export async function findField(db: Db, key: string): Promise<Field | null> {
  const [field] = await select(db, sql`where f.key = ${key}`);
  return field ?? null;
}

type Columns = Omit<Field, 'version' | 'createdAt' | 'updatedAt'>;
export async function insertField(tx: Db, field: Columns): Promise<void> {
  await tx.execute(sql`
    insert into fields (id, key, label, type, choices, kinds, localised, required, public, filterable, position)
    values (${field.id}, ${field.key}, ${JSON.stringify(field.label)}::jsonb, ${field.type}, ${sql.param(field.choices)}::text[],
      ${sql.param(field.kinds)}::text[], ${field.localised}, ${field.required}, ${field.public}, ${field.filterable}, ${field.position})`);
}

export async function updateField(tx: Db, field: Columns): Promise<void> {
  await tx.execute(sql`
    update fields set label = ${JSON.stringify(field.label)}::jsonb, type = ${field.type}, choices = ${sql.param(field.choices)}::text[],
      kinds = ${sql.param(field.kinds)}::text[], localised = ${field.localised}, required = ${field.required}, public = ${field.public},
      filterable = ${field.filterable}, position = ${field.position}, version = version + 1, updated_at = now()
    where id = ${field.id}`);
}

export async function deleteField(tx: Db, id: string): Promise<void> {
  await tx.execute(sql`delete from fields where id = ${id}`);
}
