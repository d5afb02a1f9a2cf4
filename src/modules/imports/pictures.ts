// Records the pictures that lines bring along, each address once. What is recorded already stays as it is, but for languages that it lacks
// and for what nobody had told.
import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../db/client.ts';
import { insertAudit } from '../audit/queries.ts';
import type { DeskMedia } from '../media/schemas.ts';
import { enqueueRebuild } from '../taxonomy/rebuilding.ts';
import type { PreparedLine } from './preparing.ts';

type Given = Pick<DeskMedia, 'id' | 'url' | 'mimeType' | 'width' | 'height' | 'bytes' | 'focalPoint' | 'texts'>;

/** To be called with the lock of surroundings held. @param localeOf the newsroom's tag of a line. @returns ids by address */
export async function preparePictures(
  tx: Db,
  lines: readonly PreparedLine[],
  localeOf: (line: PreparedLine) => string,
): Promise<ReadonlyMap<string, string>> {
  const given = new Map<string, Given>();
  for (const line of lines) {
    if (!line.story.image) continue;
    const { alt, caption, credit, ...file } = line.story.image;
    const picture = given.get(file.url) ?? { id: uuidv7(), ...file, texts: {} };
    picture.texts[localeOf(line)] ??= { alt, caption, credit };
    given.set(file.url, picture);
  }
  if (given.size === 0) return new Map();
  const { rows } = await tx.execute<{ id: string; url: string; isNew: boolean }>(sql`
    insert into media (id, url, mime_type, width, height, bytes, focal_point, texts)
    select id, url, "mimeType", width, height, bytes, "focalPoint", texts
    from json_to_recordset(${JSON.stringify([...given.values()])}::json)
      as x(id uuid, url text, "mimeType" text, width int, height int, bytes bigint, "focalPoint" jsonb, texts jsonb)
    order by url
    on conflict (url) do update set texts = excluded.texts || media.texts, mime_type = coalesce(media.mime_type, excluded.mime_type),
        width = coalesce(media.width, excluded.width), height = coalesce(media.height, excluded.height),
        bytes = coalesce(media.bytes, excluded.bytes), version = media.version + 1, updated_at = now()
      where excluded.texts || media.texts <> media.texts or (media.mime_type is null and excluded.mime_type is not null)
        or (media.width is null and excluded.width is not null) or (media.bytes is null and excluded.bytes is not null)
    returning id, url, version = 1 as "isNew"`);
  await insertAudit(
    tx,
    null,
    rows.map(({ id, url, isNew }) => ({
      action: isNew ? 'media.create' : 'media.change',
      entity: 'media',
      entityId: id,
      after: { ...given.get(url), id },
    })),
  );
  for (const { id, isNew } of rows) if (!isNew) await enqueueRebuild(tx, { noun: 'media', id });
  const { rows: known } = await tx.execute<{ id: string; url: string }>(
    sql`select id, url from media where url = any(${sql.param([...given.keys()])}::text[])`,
  );
  return new Map(known.map(({ id, url }) => [url, id]));
}

/** Has what is recorded of pictures follow them to where they are kept now, also for lines that are in already. With the lock of surroundings held. */
export async function adoptCopies(tx: Db, lines: readonly PreparedLine[]): Promise<void> {
  const moved = lines.flatMap(({ movedFrom, story: { image } }) =>
    movedFrom && image ? [{ movedFrom, ...image }] : [],
  );
  if (moved.length === 0) return;
  // The same picture at two addresses was recorded twice, and no two records share an address: one of them moves.
  const { rows } = await tx.execute<{ id: string; url: string; from: string }>(sql`
    with x as (select distinct on (url) * from json_to_recordset(${JSON.stringify(moved)}::json)
        as x("movedFrom" text, url text, "mimeType" text, width int, height int, bytes bigint)
      where "movedFrom" in (select url from media) order by url, "movedFrom"),
    locked as (select id, url from media where url in (select "movedFrom" from x) order by url for no key update)
    update media m set url = x.url, mime_type = x."mimeType", width = x.width, height = x.height, bytes = x.bytes,
      version = m.version + 1, updated_at = now()
    from x join locked l on l.url = x."movedFrom" where m.id = l.id and not exists (select from media o where o.url = x.url)
    returning m.id, m.url, x."movedFrom" as from`);
  await insertAudit(
    tx,
    null,
    rows.map(({ id, url, from }) => ({
      action: 'media.change',
      entity: 'media',
      entityId: id,
      before: { url: from },
      after: { url },
    })),
  );
  for (const { id } of rows) await enqueueRebuild(tx, { noun: 'media', id });
}
