// Lets one request do what many ask for at once. It keeps nothing after that.
import type { Representation } from './representation.ts';

export interface Flight {
  address: string;
  /** What it was built from may have changed meanwhile: whoever waited before may have it, nobody later. */
  isStale: boolean;
  answer: Promise<Representation | null>;
  /** Null where there is nothing that others could be given, such as a problem. The first call counts. */
  land(representation: Representation | null): void;
}

export interface Flights {
  find(address: string): Flight | undefined;
  start(address: string): Flight;
  /** Nobody boards any more. */
  close(): void;
}

export function createFlights(): Flights {
  const flying = new Map<string, Flight>();
  return {
    find: (address) => flying.get(address),
    start(address) {
      const { promise, resolve } = Promise.withResolvers<Representation | null>();
      const flight: Flight = {
        address,
        isStale: false,
        answer: promise,
        land(representation) {
          if (flying.get(address) === flight) flying.delete(address);
          resolve(representation);
        },
      };
      flying.set(address, flight);
      return flight;
    },
    close() {
      for (const flight of flying.values()) flight.isStale = true;
      flying.clear();
    },
  };
}
