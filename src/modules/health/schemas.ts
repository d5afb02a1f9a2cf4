// What the health checks answer: nothing about versions, addresses or load.
import { closed, oneOf } from '../../schemas.ts';

export const Health = closed({ status: oneOf(['ok']) }, { $id: 'Health', description: 'It is well' });
