// What goes together in a request, by the document as by the server: tools send what the document allows, and a 400 for it is a defect.
// The server says it in words of its own, at the place that is wrong.
import t, { test } from 'tap';
import { buildTestApp, type Method } from './fixtures/app.ts';
import { schemasOf } from './fixtures/contract.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { makeFront } from './fixtures/fronts.ts';
import type { OpenApiDocument } from './fixtures/operations.ts';

const { app, desk } = await buildTestApp(t, { roles: { api: true, jobs: false } });
const document = app.swagger() as unknown as OpenApiDocument;
const wrongIn = schemasOf(document);
const [{ id }, { id: other }] = [await makePublished(desk), await makePublished(desk)];
const story = { articleId: id, locale: 'en' };
const draft = `/v1/desk/articles/${id}/locales/en`;
const slot = { key: 'lead', size: 3 };
await makeFront(desk, { slug: 'home', slots: [slot] });
const at = '2030-01-01T00:00:00Z';

type Json = Record<string, unknown>;
interface Rule {
  schema: string;
  method?: Method;
  url: string;
  version?: number;
  /** What they have in common. */
  base?: Json;
  /** Body, pointer and message of the refusal. */
  refused: [body: Json, pointer: string, message: string][];
  taken: Json[];
}

const withType = (type: string) => `does not go together with the type ${type}`;
const ENDS = 'must have exactly one of target and story';
const front = (source: Json) => ({ slots: [{ ...slot, source }] });
const RULES: Rule[] = [
  {
    schema: 'RedirectInput',
    url: '/v1/desk/redirects',
    refused: [
      [{ path: '/a' }, '', ENDS],
      [{ path: '/a', target: '/b', story }, '', ENDS],
      [{ path: '/a', status: 410, target: '/b' }, '/status', 'leads nowhere with 410'],
      [{ path: '/a', status: 410, story }, '/status', 'leads nowhere with 410'],
      ...['//', '/a//b', '/a/../b', '/./a', '/a/..', '/100%', '/a\\b', '/a%2fb', '/a%0ab'].map(
        (path): [Json, string, string] => [{ path, target: '/b' }, '/path', 'must be a path of at most 500 characters'],
      ),
      ...['https://u:p@example.org/', 'https://example.org/ a'].map((target): [Json, string, string] => [
        { path: '/a', target },
        '/target',
        'must be a path or an absolute http or https URL without credentials',
      ]),
    ],
    taken: [
      { path: '/a/', target: 'https://example.org?a=@' },
      { path: '/...', target: '/..b/c%20d' },
      { path: '/ё', story, status: 302 },
      { path: '/%D1%91%2e%25-%E2%82%ac%f0%9f%98%80', story },
      { path: '/d', target: 'http:///a' },
      { path: '/c', status: 410 },
    ],
  },
  {
    schema: 'FrontChangeInput',
    url: '/v1/desk/fronts/home/changes',
    version: 1,
    base: { at },
    refused: [
      [{}, '', 'must have exactly one of slot and front'],
      [{ slot, front: { slots: [slot] } }, '', 'must have exactly one of slot and front'],
      [{ front: { title: {} } }, '/front/title', 'one language has to stay'],
    ],
    taken: [{ slot }],
  },
  {
    schema: 'FrontPatch',
    method: 'PATCH',
    url: '/v1/desk/fronts/home',
    version: 2,
    refused: [
      [front({ type: 'none', tag: ['a'] }), '/slots/0/source/tag', withType('none')],
      [front({ type: 'filter', window: '24h' }), '/slots/0/source/window', withType('filter')],
      [front({ type: 'mostRead', kind: ['news'] }), '/slots/0/source/kind', withType('mostRead')],
      [
        front({ type: 'latestPerRegion', region: ['a'], tag: ['a'] }),
        '/slots/0/source/tag',
        withType('latestPerRegion'),
      ],
      [front({ type: 'latestPerRegion' }), '/slots/0/source/region', 'is required for the type latestPerRegion'],
      [
        front({ type: 'mostRead', tag: ['a', 'b', 'c', 'd', 'e', 'f'] }),
        '/slots/0/source/tag',
        'must not have more than 5 items',
      ],
    ],
    taken: [front({ type: 'filter', kind: ['news'] })],
  },
  {
    schema: 'FieldInput',
    url: '/v1/desk/fields',
    base: { key: 'mood', label: { en: 'Mood' } },
    refused: [
      [{ type: 'text', choices: ['a'] }, '/choices', withType('text')],
      [{ type: 'tag', choices: ['a'] }, '/choices', withType('tag')],
      [{ type: 'choice' }, '/choices', 'is required for the type choice'],
      [{ type: 'choice', choices: [] }, '/choices', 'is required for the type choice'],
      [{ type: 'choice', choices: [' a'] }, '/choices/0', 'must not begin or end with a blank'],
      [{ type: 'text', filterable: true }, '/filterable', withType('text')],
      [{ type: 'number', filterable: true, public: false }, '/filterable', 'only a public field can be filtered by'],
    ],
    taken: [
      { type: 'choice', choices: ['a b'], filterable: true },
      { key: 'size', type: 'number', choices: [], public: false },
    ],
  },
  {
    schema: 'FieldPatch',
    method: 'PATCH',
    url: '/v1/desk/fields/mood',
    version: 1,
    refused: [
      [{ type: 'number', choices: ['a'] }, '/choices', withType('number')],
      [{ type: 'choice', choices: [] }, '/choices', 'is required for the type choice'],
      [{ filterable: true, public: false }, '/filterable', 'only a public field can be filtered by'],
    ],
    taken: [{ choices: ['b'] }],
  },
  {
    schema: 'WithdrawInput',
    url: `${draft}/withdraw`,
    version: 1,
    refused: [
      [{ type: 'gone', notice: 'Sorry' }, '/notice', withType('gone')],
      [{ type: 'redirect', redirectTo: id, notice: 'Sorry' }, '/notice', withType('redirect')],
      [{ redirectTo: id }, '/redirectTo', withType('withdrawn')],
      [{ type: 'gone', redirectTo: id }, '/redirectTo', withType('gone')],
      [{ type: 'redirect' }, '/redirectTo', 'is required for the type redirect'],
    ],
    taken: [],
  },
  {
    schema: 'ExpiryInput',
    url: `${draft}/expiry`,
    version: 1,
    base: { at },
    refused: [[{ type: 'gone', notice: 'Sorry' }, '/notice', 'is shown with the type withdrawn only']],
    taken: [{ type: 'withdrawn', notice: 'Sorry' }],
  },
  {
    schema: 'ExpiryPatch',
    method: 'PATCH',
    url: `${draft}/expiry`,
    version: 1,
    refused: [[{ type: 'draft', notice: 'Sorry' }, '/notice', 'is shown with the type withdrawn only']],
    taken: [{ type: 'gone', notice: null }],
  },
  {
    schema: 'DraftPatch',
    method: 'PATCH',
    url: draft,
    version: 1,
    refused: [{ note: 'Alone' }, { note: 'For nobody', assignee: null }].map((body): [Json, string, string] => [
      body,
      '/note',
      'goes with a change of the text, and there is none',
    ]),
    taken: [{ note: 'Better', title: 'Another' }],
  },
  {
    schema: 'ArticlePatch',
    method: 'PATCH',
    url: `/v1/desk/articles/${id}`,
    version: 1,
    refused: [[{ related: [other, other] }, '/related/1', 'stands there twice']],
    taken: [{ related: [other] }],
  },
  {
    schema: 'ViewCorrection',
    method: 'PUT',
    url: `/v1/desk/articles/${id}/views`,
    version: 1,
    base: { reason: 'A robot' },
    refused: ['2020-01-01T00:30:00Z', '2020-01-01T00:00:00+05:30', '2020-01-01T00:00:01Z'].map((hour) => [
      { buckets: [{ hour, locale: 'en', source: 'web', views: 1 }] },
      '/buckets/0/hour',
      'must be the beginning of an hour',
    ]),
    taken: [
      {
        buckets: ['2020-01-01T00:00:00.000Z', '2020-01-01T08:30:00+05:30', '2020-01-01T02:45:00+05:45'].map((hour) => {
          return { hour, locale: 'en', source: 'web', views: 1 };
        }),
      },
    ],
  },
  {
    schema: 'CommentInput',
    url: `/v1/desk/articles/${id}/comments`,
    base: { text: 'Well' },
    refused: [
      [{ parent: id, locale: 'en' }, '/locale', 'an answer has that of what it answers'],
      [{ parent: id, pointer: '/title' }, '/pointer', 'an answer has that of what it answers'],
    ],
    taken: [{ locale: 'en', pointer: '/title' }],
  },
  {
    schema: 'ApiKeyInput',
    url: '/v1/desk/keys',
    base: { name: 'Wire' },
    refused: [
      [{ scopes: ['syndicate'] }, '/partner', 'is whom the scope syndicate is for'],
      [{ scopes: ['syndicate', 'articles:read'], partner: 'valley' }, '/scopes', 'is ["syndicate"] for a partner'],
    ],
    taken: [{ scopes: ['articles:read'] }],
  },
  {
    schema: 'WebhookInput',
    url: '/v1/desk/webhooks',
    refused: [
      [{ url: 'http://93.184.216.34/' }, '/url', 'has to begin with https://'],
      [{ url: 'https://u:p@93.184.216.34/' }, '/url', 'holds a user name or a password'],
    ],
    taken: [{ url: 'https://93.184.216.34/a@b?c=@' }],
  },
  {
    schema: 'SitePatch',
    method: 'PATCH',
    url: '/v1/desk/site',
    version: 1,
    refused: [
      ...[{}, { region: 'a', tag: 'b' }, { tag: 'a', url: 'https://example.org/' }].map(
        (target): [Json, string, string] => [
          { menus: [{ key: 'main', items: [{ label: { en: 'A' }, ...target }] }] },
          '/menus/0/items/0',
          'must have exactly one of region, tag and url',
        ],
      ),
      [{ timeZone: '+04:00' }, '/timeZone', 'is no time zone of the IANA database'],
    ],
    taken: [{ menus: [{ key: 'main', items: [{ label: { en: 'A' }, url: 'https://example.org/' }] }] }],
  },
  {
    schema: 'LocaleInput',
    url: '/v1/desk/locales',
    base: { name: 'X', direction: 'ltr' },
    refused: [
      [{ tag: 'PT' }, '/tag', 'must be written pt'],
      [{ tag: 'pt-br' }, '/tag', 'must be written pt-BR'],
      [{ tag: 'abcd' }, '/tag', 'is no well-formed language tag'],
      [{ tag: 'zh-yue-hak' }, '/tag', 'is no well-formed language tag'],
    ],
    taken: [{ tag: 'pt-BR' }, { tag: 'sl-Latn-IT-nedis' }, { tag: 'de-u-co-phonebk-x-a' }],
  },
  {
    schema: 'BulkInput',
    url: '/v1/desk/bulk',
    refused: [
      [
        { mode: 'atomic', operations: [{ method: 'DELETE', path: '/v1/desk/tags/%ff' }] },
        '/operations/0/path',
        'is not well percent-encoded',
      ],
      [
        { mode: 'atomic', operations: [{ method: 'POST', path: '/v1/desk/bulk' }] },
        '/operations/0/path',
        'must not be a bulk itself',
      ],
      ...['./bulk', 'x/../tags', 'tags/..', '%2e%2E/x', 'x/.%2e?a', 'x%2f..%2Ftags'].map(
        (path): [Json, string, string] => [
          { mode: 'each', operations: [{ method: 'POST', path: `/v1/desk/${path}` }] },
          '/operations/0/path',
          'must have no segment . or ..',
        ],
      ),
    ],
    taken: [
      { mode: 'each', operations: [{ method: 'DELETE', path: '/v1/desk/tags/%D1%8F', ifMatch: 1 }] },
      { mode: 'each', operations: [{ method: 'DELETE', path: '/v1/desk/tags/...?a=/../b', ifMatch: 1 }] },
    ],
  },
];

for (const { schema, method = 'POST', url, version, base = {}, refused, taken } of RULES) {
  test(`${schema}: what does not go together is refused by the document as by the server, which says where and why`, async (t) => {
    const send = (payload: Json) => desk(method, url, { payload, ...(version !== undefined && { version }) });
    for (const [body, pointer, message] of refused) {
      const sent = { ...base, ...body };
      const name = JSON.stringify(sent);
      t.not(wrongIn(`/components/schemas/${schema}`, sent).length, 0, `${name}: by the document`);
      const { errors = [] } = expectStatus(await send(sent), 400).json();
      t.equal(errors[0]?.pointer, pointer, name);
      t.ok(errors[0]?.message.startsWith(message), `${name}: ${errors[0]?.message}`);
    }
    for (const body of taken) {
      const sent = { ...base, ...body };
      t.same(wrongIn(`/components/schemas/${schema}`, sent), [], `${JSON.stringify(sent)}: by the document`);
      t.ok((await send(sent)).statusCode < 300, JSON.stringify(sent));
    }
  });
}
