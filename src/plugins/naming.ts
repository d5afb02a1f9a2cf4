// Lets public reads ask once what names stand for, until those change. It answers nobody.
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { rememberNames } from '../caching/names.ts';

/** To be registered before what keeps answers: those are then made of names that are as new as the announcement that drops them. */
export const naming = fp<{ enabled: boolean }>(
  async (app: FastifyInstance, { enabled }) => {
    if (!enabled) return;
    const names = rememberNames(app.db.public);
    app.announcements.hear(names);
    app.db.public = names.db;
  },
  { name: 'naming', dependencies: ['database', 'announcements'] },
);
