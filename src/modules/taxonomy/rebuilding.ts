// Has public texts built anew after a name or rule that they show has changed. It rebuilds nothing itself.
import type { Db } from '../../db/client.ts';
import { enqueue } from '../../db/jobs.ts';
import type { RebuildPayload } from '../articles/jobs.ts';

export async function enqueueRebuild(tx: Db, payload: RebuildPayload): Promise<void> {
  const { noun, ...which } = payload;
  await enqueue(tx, 'rebuild', payload, ['rebuild', noun, ...Object.values(which)].join(':'));
}
