// A receiver of webhooks that remembers by id what came, in its order, and checks each signature. It answers as it is told to.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

type Answer = (response: ServerResponse) => void;
export const DOWN: Answer = ({ socket }) => socket?.destroy();
export const FINE: Answer = (response) => response.writeHead(204).end();

export async function startReceiver() {
  const receiver = {
    url: '',
    answer: FINE,
    secret: '',
    requests: 0,
    /** By message, in the order in which they were taken for the first time. */
    taken: new Map<string, { event: string; story: string; locale: string; version: number; body: string }>(),
    faults: [] as string[],
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const id = String(request.headers['webhook-id']);
      receiver.requests += 1;
      try {
        new Webhook(receiver.secret).verify(body, request.headers as Record<string, string>);
      } catch (error) {
        receiver.faults.push(`${id} is not signed: ${error}`);
      }
      const { type: event, data } = JSON.parse(body);
      const { id: story, locale, version } = data.article;
      const known = receiver.taken.get(id);
      if (known && known.body !== body) receiver.faults.push(`${id} came with another body`);
      if (receiver.answer !== DOWN && !known) receiver.taken.set(id, { event, story, locale, version, body });
      receiver.answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return receiver;
}
export type Receiver = Awaited<ReturnType<typeof startReceiver>>;
