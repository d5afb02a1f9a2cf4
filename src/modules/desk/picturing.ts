// The picture that an editor gives a story, as the record that it names. It asks nothing about what is recorded there.
import { eq } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { unknownReference } from '../../errors.ts';
import { media } from '../media/tables.ts';

/** Absent where it was not given. */
export interface PictureId {
  imageId?: string | null;
}

/** @throws Problem unknown_reference */
export async function resolveImage(db: Db, { image }: { image?: string | null | undefined }): Promise<PictureId> {
  if (image === undefined) return {};
  if (image === null) return { imageId: null };
  const [row] = await db.select({ id: media.id }).from(media).where(eq(media.id, image));
  if (!row) throw unknownReference({ pointer: '/image' }, `${image} does not exist`);
  return { imageId: row.id };
}
