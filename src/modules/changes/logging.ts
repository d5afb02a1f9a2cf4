// Writes down that public texts were built anew without an editor: a name, a rule or another language of the story has changed. It builds none.
import type { Db } from '../../db/client.ts';
import { changes } from './tables.ts';

/** In the transaction that stores them. */
export async function logRebuilt(
  tx: Db,
  stories: readonly { articleId: string; locale: string; version: number }[],
): Promise<void> {
  if (stories.length === 0) return;
  await tx.insert(changes).values(
    stories.map(({ articleId, locale, version }) => ({
      type: 'upsert' as const,
      reason: 'rebuilt',
      articleId,
      locale,
      version,
    })),
  );
}
