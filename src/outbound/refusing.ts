// Refuses an address that nothing may be sent to, when somebody writes it down. It sends nothing there.
import { doneAhead } from '../ahead.ts';
import { invalid } from '../errors.ts';
import type { Outbound } from './sending.ts';

/**
 * To be called before a transaction, which shall not wait for the DNS; by the route's `ahead` too, for that of a request around it.
 * @param pointer where it stands in the body
 * @throws Problem validation_failed for an address that would be refused at each sending
 */
export async function checkAddress({ check }: Outbound, url: string, pointer: string): Promise<void> {
  const refusal = await doneAhead(`address ${url}`, () => check(url));
  if (refusal !== null) throw invalid({ pointer }, refusal, 'address_refused');
}
