// Problem details (RFC 9457) on the wire, with all that some problems say besides: what is not named here has no type in a client.
import { type Static, Type } from 'typebox';
import { closed, DateTime, Id, Locale, nullable, oneOf, Slug, WebUrl } from './schemas.ts';

/** Extension members (RFC 9457 section 3.2), which only problems with the codes that are named have. */
const extension = {
  currentVersion: Type.Integer({ description: '`version_mismatch`: the version that is there now' }),
  changedFields: Type.Array(
    closed({
      field: Type.String({ description: 'Its name; members of objects by their path, as `texts.en.name`' }),
      yours: Type.Unknown({ description: 'What the request wants' }),
      current: Type.Unknown({ description: 'What is there now' }),
    }),
    { description: '`version_mismatch`: what differs' },
  ),
  notice: nullable(Type.String(), { description: '`gone`: what the newsroom says of a story that it withdrew' }),
  withdrawnAt: { ...DateTime, description: '`gone`: since when it is withdrawn' },
  translations: Type.Array(closed({ locale: Locale, slug: Slug, title: Type.String(), url: WebUrl }), {
    description: '`not_found`: the languages in which the story is public',
  }),
  scope: Type.String({ description: '`forbidden`: the scope that is missing' }),
  limit: oneOf(['locale', 'region', 'own'], { description: '`forbidden`: the limit that it lies beyond' }),
  locale: { ...Locale, description: '`conflict`: the language whose draft does not allow it' },
  state: Type.String({ description: '`conflict`: the status of that draft' }),
  allowedActions: Type.Array(Type.String(), { description: '`conflict`: what it does allow' }),
  locales: Type.Array(Locale, { description: '`conflict`: where the story is public or scheduled' }),
  lock: closed(
    { holder: closed({ id: Id, name: Type.String() }), acquiredAt: DateTime, expiresAt: DateTime },
    { description: '`locked`: who has it open' },
  ),
  stories: closed(
    { count: Type.Integer(), ids: Type.Array(Id) },
    { description: '`in_use`, `conflict`: how many stories stand against it, and some of them' },
  ),
  syndicatableFrom: { ...DateTime, description: '`not_syndicatable`: from when it may be republished' },
  index: Type.Integer({ description: '`bulk_refused`: the operation that was refused' }),
  answer: closed(
    { status: Type.Integer(), body: Type.Unknown() },
    { description: '`bulk_refused`: what it is answered alone' },
  ),
};

export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: 'URI that names the kind of problem' }),
    title: Type.String(),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    code: Type.String({ description: 'Stable code to switch on' }),
    detail: Type.Optional(Type.String()),
    errors: Type.Optional(
      Type.Array(
        closed({
          pointer: Type.Optional(Type.String({ description: 'JSON Pointer (RFC 6901) into the request body' })),
          parameter: Type.Optional(Type.String({ description: 'Name of the query, path or header parameter' })),
          code: Type.String(),
          message: Type.String(),
        }),
      ),
    ),
    traceId: Type.String({ description: 'Also sent as the header X-Request-Id; name it when you report a fault' }),
    ...Type.Partial(Type.Object(extension)).properties,
  },
  { $id: 'Problem', description: 'Problem details (RFC 9457)', additionalProperties: true },
);
export type ProblemDocument = Static<typeof ProblemSchema>;
