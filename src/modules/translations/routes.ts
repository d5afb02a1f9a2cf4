// Routes of translation work and of tasks: lists for the desk. They change nothing: work is assigned and brought up to date by PATCH of a draft.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Problem, unknownReference } from '../../errors.ts';
import { linksOf, turnPage, walkFrom } from '../../paging.ts';
import { actorOf } from '../../plugins/access.ts';
import { answer, keyed, problems } from '../../responses.ts';
import { findTerms, requireLocale } from '../desk/references.ts';
import { ArticleIdParams } from '../desk/schemas.ts';
import * as examples from './examples.ts';
import { listTranslationStates, listTranslationWork } from './queries.ts';
import {
  TASK_TYPES,
  TaskListAnswer,
  TaskQuery,
  TranslationListAnswer,
  TranslationListQuery,
  TranslationStatesAnswer,
  WORK_STATES,
} from './schemas.ts';
import { listTasks } from './tasks.ts';

export const translationRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const config = { access: 'articles:read' } as const;
  const tags = ['Work'];

  /** @throws Problem unknown_reference */
  const regionIdsOf = async (given: string[]): Promise<string[]> => {
    const { regions } = await findTerms(db, { regions: given });
    const unknown = given.find((name) => !Object.hasOwn(regions, name));
    if (unknown === undefined) return Object.values(regions);
    throw unknownReference({ parameter: 'region' }, `${unknown} does not exist`);
  };

  app.get(
    '/articles/:id/translations',
    {
      config,
      schema: {
        operationId: 'listTranslationStates',
        tags,
        summary: 'Read where a story stands in each language',
        description: 'In every language of the newsroom: the original, and what is missing, behind it, or up to date.',
        params: ArticleIdParams,
        security: keyed,
        response: { 200: answer(TranslationStatesAnswer, examples.states), ...problems(400, 403, 404) },
      },
    },
    async (request) => {
      const data = await listTranslationStates(db, request.params.id);
      if (data.length === 0) throw new Problem('not_found');
      return { data, meta: {}, links: { self: baseUrl + request.url } };
    },
  );

  app.get(
    '/translations',
    {
      config,
      schema: {
        operationId: 'listTranslationWork',
        tags,
        summary: 'List stories that lack a translation or have an older one',
        description: 'In one language, newest story first; without those whose original was withdrawn or archived.',
        querystring: TranslationListQuery,
        security: keyed,
        response: { 200: answer(TranslationListAnswer, examples.work), ...problems(400, 403) },
      },
    },
    async (request) => {
      const { state: states = WORK_STATES, kind: kinds = null, region, limit = 20, cursor } = request.query;
      const locale = await requireLocale(db, request.query.locale, { parameter: 'locale' });
      const regionIds = region ? await regionIdsOf(region) : null;
      const cursors = await app.cursors();
      const walk = walkFrom(cursors, JSON.stringify(['translations', locale, states, kinds, regionIds]), cursor);
      const wanted = { after: walk.after?.[1] ?? null, backward: walk.backward, limit };
      // Of a state that is named twice, each story was listed twice.
      const filter = { locale, states: [...new Set(states)], kinds, regionIds };
      const rows = await listTranslationWork(db, filter, wanted);
      const { page, turned } = turnPage(rows, walk, limit, ({ articleId }) => [0, articleId]);
      return { data: page, meta: {}, links: linksOf(cursors, baseUrl + request.url, walk, turned) };
    },
  );

  app.get(
    '/tasks',
    {
      config,
      schema: {
        operationId: 'listTasks',
        tags,
        summary: 'List what waits to be done',
        description:
          'Newest story first. Whoever is limited to languages or regions sees what lies in them, and what is assigned to them.',
        querystring: TaskQuery,
        security: keyed,
        response: { 200: answer(TaskListAnswer, examples.tasks), ...problems(400, 403) },
      },
    },
    async (request) => {
      const { for: whom = 'me', type: types = [...TASK_TYPES], limit = 20, cursor } = request.query;
      const actor = actorOf(request);
      const cursors = await app.cursors();
      const scope = ['tasks', actor.userId, actor.keyId, whom, types];
      const walk = walkFrom(cursors, JSON.stringify(scope), cursor);
      const rows = await listTasks(
        db,
        { actor, for: whom, types: [...new Set(types)] },
        { after: placeOf(walk.after), backward: walk.backward, limit },
      );
      const { page, turned } = turnPage(rows, walk, limit, (task) => [task.articleId, `${task.locale}/${task.type}`]);
      return { data: page, meta: {}, links: linksOf(cursors, baseUrl + request.url, walk, turned) };
    },
  );
};

function placeOf(values: [number | string, string] | null) {
  if (!values) return null;
  const [locale = '', type = ''] = values[1].split('/');
  return { articleId: String(values[0]), locale, type };
}
