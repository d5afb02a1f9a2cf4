// One turn of sending to one receiver: under a lease, wave after wave for as long as a turn may last. It knows neither what is sent nor to whom.

/** No wave is begun after this, so that the last one ends before the lease; other receivers wait for a slot, too. */
const TURN_MS = 20_000;

export interface Turn<Lease> {
  /** @returns null where another node is at it */
  lease(): Promise<Lease | null>;
  /** @returns whether another one may follow */
  wave(held: Lease): Promise<boolean>;
  endLease(held: Lease): Promise<void>;
  /** For what is left, or came while the lease was held. */
  scheduleNext(): Promise<void>;
}

export async function takeTurn<Lease>(
  signal: AbortSignal,
  { lease, wave, endLease, scheduleNext }: Turn<Lease>,
): Promise<void> {
  const held = await lease();
  if (held !== null) {
    const ends = performance.now() + TURN_MS;
    try {
      while (!signal.aborted && performance.now() < ends && (await wave(held)));
    } finally {
      await endLease(held);
    }
  }
  await scheduleNext();
}
