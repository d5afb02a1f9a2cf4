// Answers public reads from memory: what was answered before and has not changed since, on this node. It keeps nothing that came with a key.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { canonical } from '../caching/addresses.ts';
import { answerAtDoor, noteSent } from '../caching/door.ts';
import { createFlights, type Flight } from '../caching/flights.ts';
import { apart, codingFor, isOver, type Representation } from '../caching/representation.ts';
import { isCacheable, sendRepresentation } from '../caching/sending.ts';
import { createStore } from '../caching/store.ts';
import { isWithin } from '../db/client.ts';
import { originForm } from './problems.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of the request that asks the database for others, too. */
    flight: Flight | null;
    /** What it is answered with. */
    representation: Representation | null;
  }
  interface FastifyInstance {
    /** Resolves when this node keeps nothing that was changed by what is committed now. */
    forgetChanged(): Promise<void>;
  }
}

interface Options {
  /** Zero keeps nothing. */
  maxBytes: number;
}

export const responseCache = fp<Options>(
  async (app: FastifyInstance, { maxBytes }) => {
    app.decorateRequest('flight', null);
    app.decorateRequest('representation', null);
    if (maxBytes === 0) {
      app.decorate('forgetChanged', async () => {});
      return;
    }
    const store = createStore(maxBytes);
    const flights = createFlights();
    // Nothing is kept, and nobody waits for another, while changes would go unheard.
    let isListening = false;
    const forget = (work: () => void) => {
      flights.close();
      work();
    };
    app.announcements.hear({
      onGroups: (groups) => forget(() => store.drop(groups)),
      onListening: () => {
        isListening = true;
      },
      onLost: () => {
        isListening = false;
        forget(store.clear);
      },
    });

    // Most ask as our links spell it, which needs no sorting first.
    const find = (url: string) => {
      if (!isListening) return undefined;
      const kept = store.get(url);
      if (kept) return kept;
      const address = canonical(originForm(url));
      return address === url ? undefined : store.get(address);
    };
    app.stand((request, response) => answerAtDoor(find, request, response));
    app.decorate('forgetChanged', () => app.announcements.catchUp());

    const keep = (flight: Flight, representation: Representation | null) => {
      if (!representation?.groups || flight.isStale || !isListening) return;
      representation.bytes = apart(representation.bytes);
      store.set(flight.address, representation);
    };

    const send = (request: FastifyRequest, reply: FastifyReply, kept: Representation, fail: (error: Error) => void) => {
      const sending = sendRepresentation(request, reply, kept);
      if (sending instanceof Promise) sending.catch(fail);
    };
    const answerKept = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => {
      // Answers to requests with a key are private, and those asked for within a change show what is not committed.
      if (!isListening || request.headers.authorization !== undefined || isWithin()) return done();
      const { url } = request;
      const kept = store.get(url);
      if (kept) return send(request, reply, kept, done);
      const flight = flights.find(url);
      if (flight)
        return void flight.answer.then((shared) => {
          if (!shared) return done();
          // Its time may have come while the database was asked: then it is that of whoever asked before.
          if (isOver(shared)) return answerKept(request, reply, done);
          send(request, reply, shared, done);
        });
      const own = flights.start(url);
      own.answer.then((representation) => keep(own, representation));
      request.flight = own;
      done();
    };
    app.addHook('onRoute', (route) => {
      // Health must wait for nobody.
      if (isCacheable(route)) route.onRequest = [...[route.onRequest ?? []].flat(), answerKept];
    });
    app.addHook('onSend', (request, reply, payload, done) => {
      // A problem or a redirect: whoever waits asks for himself.
      request.flight?.land(null);
      const changes = request.method !== 'GET' && request.method !== 'HEAD' && request.actor && reply.statusCode < 400;
      // Whoever is told that it is done never sees the old version here any more.
      if (changes && !isWithin()) return void app.forgetChanged().then(() => done(null, payload), done);
      // Sends it: no hook behind this one waits for anything.
      done(null, payload);
      const { representation } = request;
      const isKnown = reply.statusCode === 304 || (reply.statusCode === 200 && Buffer.isBuffer(payload));
      const isPlain = request.method === 'GET' && request.actor === null && isKnown;
      if (!representation || !isPlain) return;
      const coding = codingFor(request.headers['accept-encoding'], representation);
      // Whoever had it made is not the one who asks again: most of what nobody keeps is asked for once.
      if (request.flight ? coding : noteSent(representation, coding, reply.raw))
        store.measure(request.url, representation);
    });
  },
  { name: 'response-cache', dependencies: ['access', 'announcements', 'conventions', 'door'] },
);
