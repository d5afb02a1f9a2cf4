// Gives every route `app.db` and closes it last; it refuses nothing.
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { type Databases, openDatabases } from '../db/client.ts';

declare module 'fastify' {
  interface FastifyInstance {
    db: Databases;
  }
}

export const database = fp<{ databaseUrl: string }>(
  async (app: FastifyInstance, { databaseUrl }) => {
    const databases = openDatabases(databaseUrl, (error) =>
      app.log.warn({ err: error }, 'a database connection was lost'),
    );
    app.decorate('db', databases);
    app.addHook('onClose', () => databases.close());
  },
  { name: 'database' },
);
