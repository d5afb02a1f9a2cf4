// How the import command fetches pictures: through the rules of all requests that leave, into the folder that the API serves them from. It counts them for whoever waits.
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { Copying } from '../modules/imports/copying.ts';
import { openStore } from '../modules/media/store.ts';
import { createOutbound } from '../outbound/sending.ts';

export interface Pictures {
  copying: Copying;
  /** How many there were so far. */
  words(): string;
  close(): Promise<void>;
}

/** @param onMiss with why a picture is not to be had @param onPicture after each, had or not */
export function openPictures(
  config: Config,
  onMiss: (address: string, reason: string) => void,
  onPicture: () => void,
): Pictures {
  const outbound = createOutbound(config.outbound);
  let fetched = 0;
  let bytes = 0;
  let missed = 0;
  return {
    copying: {
      outbound,
      store: openStore(join(config.dataDir, 'media')),
      baseUrl: config.baseUrl,
      onPicture(address, outcome) {
        if (typeof outcome === 'number') {
          fetched += 1;
          bytes += outcome;
        } else {
          missed += 1;
          onMiss(address, outcome);
        }
        onPicture();
      },
    },
    words: () =>
      `${fetched} pictures fetched (${(bytes / 1_000_000).toFixed(1)} MB)${missed > 0 ? `, ${missed} not to be had` : ''}`,
    close: () => outbound.close(),
  };
}
