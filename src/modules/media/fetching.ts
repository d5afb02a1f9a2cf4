// Fetches a picture from another host by the rules of all requests that leave this server. It looks at every redirect anew, and believes no header.
import { type Outbound, OutboundError } from '../../outbound/sending.ts';
import { type Measured, measurePicture, PictureError } from './measuring.ts';

const MOST_BYTES = 20 * 1_048_576;
const TIMEOUT_MS = 30_000;
const MOST_HOPS = 5;

export interface Fetched extends Measured {
  bytes: Buffer;
}

/** @throws PictureError */
export async function fetchPicture(outbound: Outbound, address: string, signal?: AbortSignal): Promise<Fetched> {
  let url = address;
  for (let hop = 0; hop < MOST_HOPS; hop += 1) {
    const { status, headers, body, truncated } = await ask(outbound, url, signal);
    const next = status >= 300 && status < 400 ? URL.parse(headers.location ?? '', url)?.href : undefined;
    if (next !== undefined) {
      url = next;
      continue;
    }
    if (status !== 200) throw new PictureError(`it was answered with the status ${status}`);
    if (truncated) throw new PictureError(`it has more than ${MOST_BYTES} bytes`);
    return { ...measurePicture(body), bytes: body };
  }
  throw new PictureError(`it was redirected more than ${MOST_HOPS - 1} times`);
}

async function ask(outbound: Outbound, url: string, signal: AbortSignal | undefined) {
  try {
    return await outbound.send(url, {
      timeoutMs: TIMEOUT_MS,
      maxBytes: MOST_BYTES,
      http: true,
      headers: { accept: 'image/avif,image/webp,image/png,image/jpeg,image/gif' },
      ...(signal && { signal }),
    });
  } catch (error) {
    if (error instanceof OutboundError) throw new PictureError(error.message.replace(/\.$/, ''), { cause: error });
    throw error;
  }
}
