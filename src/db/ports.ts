// Finds a port of this machine that nobody listens on. Somebody may take it before it is used: whoever needs it starts at once.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** @param wanted taken where it is free; else any other */
export async function freePort(wanted = 0): Promise<number> {
  const server = createServer();
  try {
    await once(server.listen({ port: wanted, host: '127.0.0.1', exclusive: true }), 'listening');
  } catch (error) {
    if (wanted === 0) throw error;
    return freePort();
  }
  const { port } = server.address() as AddressInfo; // of TCP: an address is a string for pipes alone
  server.close();
  await once(server, 'close');
  return port;
}
