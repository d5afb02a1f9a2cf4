// Lets modules answer requests before the framework sees them, where it would have added nothing. Whoever stands there takes a request
// wholly, or leaves it as it was.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';

/**
 * @param handOn gives the request to the framework after all; nothing may have been sent then
 * @param isStopping to be asked by whoever answers later: the connection of an answer that stays open would be waited for
 * @returns false where it leaves the request to others
 */
export type Doorkeeper = (
  request: IncomingMessage,
  response: ServerResponse,
  handOn: () => void,
  isStopping: () => boolean,
) => boolean;

declare module 'fastify' {
  interface FastifyInstance {
    /** To be called before the server is ready. */
    stand(doorkeeper: Doorkeeper): void;
  }
}

export const door = fp(
  async (app: FastifyInstance) => {
    const doorkeepers: Doorkeeper[] = [];
    app.decorate('stand', (doorkeeper) => void doorkeepers.push(doorkeeper));
    // Whoever stops is to say so, which the framework does.
    let isClosing = false;
    app.addHook('preClose', async () => {
      isClosing = true;
    });
    app.addHook('onReady', async () => {
      const { server } = app;
      const [handle] = server.listeners('request') as RequestListener[];
      if (!handle || doorkeepers.length === 0) return;
      server.removeAllListeners('request');
      const isStopping = () => isClosing;
      /** Connections where an answer of the door stands behind another one: how many more may is for the framework to say. */
      const taken = new WeakSet<Socket>();
      server.on('request', (request, response) => {
        // Node reads on in what it has taken in of a connection that was cut off meanwhile (departures.ts): nobody would have the answer.
        const { socket } = request;
        if (socket.destroyed) return;
        const handOn = () => handle(request, response);
        const isBehind = response.socket === null;
        const isWelcome = !isClosing && !(isBehind && taken.has(socket));
        if (!isWelcome || !doorkeepers.some((answer) => answer(request, response, handOn, isStopping))) return handOn();
        // One is common: whoever has read a large answer asks again before Node has heard that it was taken. A feed of 233 KB takes 56 to 70 us
        // of CPU, and 62 to 85 where the framework answers these.
        if (isBehind) {
          taken.add(socket);
          response.once('close', () => taken.delete(socket));
        }
      });
    });
  },
  { name: 'door' },
);
