// Rules that the OpenAPI document tells as JSON Schema and the server in words of its own: of `if`, a validator would say no more than
// "must match else schema". It checks nothing; each rule here stands in a checking.ts or workflow.ts as well.

/** Keywords of JSON Schema 2020-12. */
type Keywords = Record<string, unknown>;

/** The validator passes over it (validation.ts); in the document, its keywords stand in its place (plugins/openapi.ts). */
const DOCUMENTED = 'x-documented';
export interface Documented {
  [DOCUMENTED]?: Keywords;
}
export const documented = (keywords: Keywords): Documented => ({ [DOCUMENTED]: keywords });

/**
 * `if` and `not` alone, since generators of clients leave them out: of an `anyOf` beside properties, openapi-typescript 7 makes
 * `{…} | unknown`, of `oneOf` and `allOf` `{…} & unknown`, and orval 8 says all properties once more for each branch.
 */

/**
 * Of an object that has other members, too, as a linter wants it said: Redocly takes what names properties for the whole object, and
 * wants to see named what is required.
 */
export const part = (properties: Keywords, required: readonly string[] = []): Keywords => ({
  ...(required.length > 0 && { required }),
  properties: { ...Object.fromEntries(required.map((member) => [member, true])), ...properties },
  additionalProperties: true,
});
const has = (...members: string[]): Keywords => part({}, members);
/** Properties for `part`. */
export const none = (...members: string[]): Keywords => Object.fromEntries(members.map((member) => [member, false]));

export const given = (condition: Keywords, then: Keywords, otherwise: Keywords = {}): Keywords => ({
  if: condition,
  then,
  ...(Object.keys(otherwise).length > 0 && { else: otherwise }),
});

/** Where a member has this value. */
export const where = (member: string, value: unknown, then: Keywords, otherwise?: Keywords): Keywords =>
  given(part({ [member]: { const: value } }, [member]), then, otherwise);

/** Where a member is there at all. */
export const withMember = (member: string, then: Keywords, otherwise?: Keywords): Keywords =>
  given(has(member), then, otherwise);

export const without = (...members: string[]): Keywords => part(none(...members));

export const notBoth = (one: string, other: string): Keywords => ({ not: has(one, other) });

export const exactlyOne = (first: string, ...others: string[]): Keywords => {
  const [second, ...rest] = others;
  return second === undefined ? has(first) : withMember(first, without(...others), exactlyOne(second, ...rest));
};

/** What a value of `x-documented` says, said by the schema itself; an object that holds none is left as it is. */
export function sayConditions(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  if (DOCUMENTED in node) {
    Object.assign(node, node[DOCUMENTED]);
    delete node[DOCUMENTED];
  }
  for (const child of Object.values(node)) sayConditions(child);
}
