// What a subscriber sends to the hub: the form of WebSub section 5.1. Parameters that it does not know are passed over, as that section says.
import { type Static, Type } from 'typebox';
import { oneOf, WebUrl } from '../../schemas.ts';

/** Seconds: five minutes to thirty days, ten days unless something else is asked for. */
export const LEASE = { least: 300, usual: 864_000, most: 2_592_000 };

export const HubRequest = Type.Object(
  {
    'hub.mode': oneOf(['subscribe', 'unsubscribe']),
    'hub.topic': Type.String({
      maxLength: 4000,
      description: 'The address that a feed names as `self`, without a cursor',
    }),
    'hub.callback': { ...WebUrl, description: 'Where it is sent; asked to confirm first' },
    'hub.lease_seconds': Type.Optional(
      Type.String({
        pattern: '^[0-9]{1,10}$',
        description: `For how long; taken into the bounds of ${LEASE.least} and ${LEASE.most}, ${LEASE.usual} without it. The confirmation tells what was given`,
      }),
    ),
    'hub.secret': Type.Optional(
      Type.String({ minLength: 1, maxLength: 199, description: 'Key of the HMAC by which what is sent is signed' }),
    ),
  },
  { $id: 'HubRequest', additionalProperties: true, description: 'A WebSub request; other parameters are passed over' },
);
export type HubRequest = Static<typeof HubRequest>;

export const example: HubRequest = {
  'hub.mode': 'subscribe',
  'hub.topic': 'http://localhost:3000/v1/feeds/atom?region=highlands',
  'hub.callback': 'https://reader.example/feeds/7c1e',
  'hub.lease_seconds': '864000',
  'hub.secret': 'a long word that only the two of us know',
};
