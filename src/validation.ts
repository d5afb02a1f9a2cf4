// Compiles the schemas of requests: parameters are coerced and their lists split at commas, bodies are taken as they are. It strips nothing.
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';
import { Problem, type ProblemDetail } from './errors.ts';
import { isDate } from './modules/fields/values.ts';
import { escapePointer, nearest } from './pointing.ts';
import { findIllFormed } from './wellformed.ts';

type ObjectSchema = {
  type?: string;
  description?: string;
  properties?: Record<string, { type?: string }>;
  required?: string[];
  additionalProperties?: unknown;
  minProperties?: number;
};

/** RFC 3339 with a time that exists; ajv-formats lets a leap second through, which Date does not hold. Postgres ends at 15:59. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d:\d\d(\.\d{1,9})?(Z|[+-](0\d|1[0-5]):\d\d)$/i;
/** Years 1 to 9999 of UTC: before it and after it, Date and Postgres spell years in ways that the other does not read. */
const [FIRST, LAST] = [Date.parse('0001-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59.999Z')];
const isDateTime = (value: string) => {
  if (!DATE_TIME.test(value)) return false;
  const time = Date.parse(value.toUpperCase());
  // Date rolls 30 February over to March: the day of the month has to come back as it was given.
  return (
    time >= FIRST &&
    time <= LAST &&
    new Date(`${value.slice(0, 10)}T00:00:00Z`).getUTCDate() === Number(value.slice(8, 10))
  );
};
/** Coercion alone would take 0x10, 1e1, +5 and blanks for numbers, and one page would have many addresses. */
const WHOLE_NUMBER = /^-?(0|[1-9]\d{0,14})$/;
/** Of a list of errors that its sender makes as long as they like. */
const MOST_ERRORS = 20;

/** Lower-case letters, marks and digits of any script, joined by single hyphens. */
export const isSlug = (value: string): boolean => SLUG.test(value);
const SLUG = /^[\p{Ll}\p{Lm}\p{Lo}\p{M}\p{N}]+(-[\p{Ll}\p{Lm}\p{Lo}\p{M}\p{N}]+)*$/u;

/** The schemas are ours, and test/openapi.test.ts holds them against their meta-schema: doing it at each start took 0.6 s of CPU of 3.3. */
export function createAjv(options: { coerceTypes?: boolean; allErrors?: boolean; verbose?: boolean }): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    useDefaults: true,
    removeAdditional: false,
    validateSchema: false,
    ...options,
  });
  ajvFormats.default(ajv);
  const isUri = ajv.formats.uri as (value: string) => boolean;
  ajv.addFormat('uri', (value: string) => isUri(value) && hasHost(value));
  ajv.addFormat('date-time', isDateTime);
  ajv.addFormat('date', isDate);
  ajv.addFormat('slug', isSlug);
  return ajv;
}

/** RFC 3986 takes the port 99999 and the host a%20b; whoever parses such an address later fails at it. */
const hasHost = (uri: string) => URL.canParse(uri) && !/^https?:\/{3}/.test(uri);

type Compiler = FastifySchemaCompiler<ObjectSchema>;
/** Fastify asks again for every plugin, with the same components each time: compiling them anew took 0.1 s of a start, and 20 MB. */
let latest: { schemas: object[]; text: string; compiler: Compiler } | undefined;

/** What Fastify calls with the schemas of its components; it is typed for its own compiler, which does not know 2020-12. */
export function buildValidator(externalSchemas: unknown): never {
  const schemas = Object.values(externalSchemas as Record<string, object>);
  const isSame = latest?.schemas.length === schemas.length && latest.schemas.every((one, at) => one === schemas[at]);
  if (!latest || !isSame) {
    // Another app of this process has copies of them. What was compiled for the one before holds for it.
    const text = JSON.stringify(schemas);
    latest = { schemas, text, compiler: latest?.text === text ? latest.compiler : createCompiler(schemas) };
  }
  return latest.compiler as never;
}

function createCompiler(schemas: object[]): Compiler {
  // Every error of a parameter list is told; a body stops at the first, since an attacker chooses how many it has (CVE-2020-8192).
  // Verbose, for the schema around what is wrong: what would have been valid there.
  const parameters = compileOnce(createAjv({ coerceTypes: true, allErrors: true, verbose: true }), schemas);
  const bodies = compileOnce(createAjv({ verbose: true }), schemas);
  // Compiled at its first use: all of them at once took 0.7 s of CPU of each start, of some 3 s.
  return ({ schema, httpPart }) =>
    httpPart === 'body'
      ? bodyValidator(() => bodies(schema), schema)
      : parameterValidator(() => parameters(schema), schema);
}

/** Many routes have the same parameters: what has one text is one function. */
function compileOnce(ajv: Ajv2020, components: object[]): (schema: ObjectSchema) => ValidateFunction {
  for (const schema of components) ajv.addSchema(schema);
  const compiled = new Map<string, ValidateFunction>();
  return (schema) => {
    const text = JSON.stringify(schema);
    const validate = compiled.get(text) ?? ajv.compile(schema);
    compiled.set(text, validate);
    return validate;
  };
}

const failed = (errors: ProblemDetail[]) => ({ error: new Problem('validation_failed', { errors }) });

function parameterValidator(compile: () => ValidateFunction, schema: ObjectSchema) {
  const properties = schema.properties ?? {};
  const lists = Object.keys(properties).filter((name) => properties[name]?.type === 'array');
  const numbers = new Set(Object.keys(properties).filter((name) => properties[name]?.type === 'integer'));
  let validate: ValidateFunction | undefined;
  return (given: Record<string, unknown>) => {
    for (const [name, value] of Object.entries(given)) {
      if (schema.additionalProperties === true && !Object.hasOwn(properties, name)) continue;
      if (Array.isArray(value) && name !== 'set-cookie') {
        const instead = lists.includes(name) ? `; its values are one list, joined by commas: ${name}=a,b` : '';
        return failed([{ parameter: name, code: 'repeated', message: `${name} is given more than once${instead}` }]);
      }
      const illFormed = findIllFormed(value) ?? findIllFormed(name);
      if (illFormed)
        return failed([
          { parameter: name.toWellFormed().slice(0, 100), code: 'ill_formed', message: illFormed.message },
        ]);
      if (numbers.has(name) && !WHOLE_NUMBER.test(String(value))) {
        return failed([{ parameter: name, code: 'type', message: 'must be integer, in decimal digits' }]);
      }
    }
    for (const name of lists) {
      const value = given[name];
      if (typeof value === 'string') given[name] = value.split(',');
    }
    validate ??= compile();
    if (validate(given)) return true;
    // Of a union, the first branch tells what is expected.
    const told = (validate.errors ?? []).filter(
      ({ keyword, schemaPath }) => keyword !== 'anyOf' && !/\/anyOf\/[1-9]/.test(schemaPath),
    );
    return failed(told.slice(0, MOST_ERRORS).map((error) => describeParameter(error, Object.keys(properties))));
  };
}

function describeParameter(error: ErrorObject, known: string[]): ProblemDetail {
  if (error.keyword === 'additionalProperties') {
    const parameter = String(error.params.additionalProperty);
    return {
      parameter: parameter.slice(0, 100),
      code: 'unknown',
      message: `unknown parameter${nearest(parameter, known)}`,
    };
  }
  const parameter =
    error.keyword === 'required' ? String(error.params.missingProperty) : (error.instancePath.split('/')[1] ?? '');
  return { parameter, code: error.keyword, message: messageOf(error) + lostPlus(error) };
}

/** A + in a query is a space to whoever reads it, here as everywhere (URL standard, application/x-www-form-urlencoded). */
const lostPlus = ({ keyword, params, data }: ErrorObject): string =>
  keyword === 'format' && params.format === 'date-time' && / \d\d:\d\d$/.test(String(data))
    ? '; in an address, the + before an offset is written %2B'
    : '';

function bodyValidator(compile: () => ValidateFunction, schema: ObjectSchema) {
  // No body at all equals {} where nothing is required.
  const mayBeAbsent = schema.type === 'object' && !schema.required?.length && !schema.minProperties;
  let validate: ValidateFunction | undefined;
  return (given: unknown) => {
    if ((given === undefined || given === null) && mayBeAbsent) return { value: {} };
    const illFormed = findIllFormed(given);
    if (illFormed) return failed([{ ...illFormed, code: 'ill_formed' }]);
    validate ??= compile();
    if (validate(given)) return true;
    return failed(describeBody(validate.errors ?? []));
  };
}

/** Of the branches of a union, the error that lies deepest is the one the sender meant. */
function describeBody(errors: ErrorObject[]): ProblemDetail[] {
  // Why a name is none is told by an error of its own, before the one that says whose name it is.
  const telling = errors.filter(
    ({ keyword, params, propertyName }) =>
      keyword !== 'anyOf' && keyword !== 'if' && params.type !== 'null' && propertyName === undefined,
  );
  const deepest = Math.max(...telling.map(({ instancePath }) => instancePath.split('/').length));
  const chosen = telling.filter(({ instancePath }) => instancePath.split('/').length === deepest).slice(0, 5);
  return (chosen.length > 0 ? chosen : errors.slice(0, 1)).map((error) => {
    if (error.keyword === 'additionalProperties' || error.keyword === 'propertyNames') {
      const member = String(error.params.additionalProperty ?? error.params.propertyName);
      const known = Object.keys((error.parentSchema as ObjectSchema | undefined)?.properties ?? {});
      return {
        pointer: `${error.instancePath}/${escapePointer(member.slice(0, 100))}`,
        code: 'unknown',
        message: `unknown member${nearest(member, known)}`,
      };
    }
    const missing = error.keyword === 'required' ? `/${escapePointer(String(error.params.missingProperty))}` : '';
    return { pointer: error.instancePath + missing, code: error.keyword, message: messageOf(error) };
  });
}

/** A pattern tells a person little: what has to stand there is said by the description beside it. */
function messageOf({ keyword, params, message = 'is not valid', parentSchema }: ErrorObject): string {
  if (keyword === 'enum') return `must be one of ${(params.allowedValues as string[]).join(', ')}`;
  const meaning = keyword === 'pattern' && (parentSchema as ObjectSchema | undefined)?.description;
  return meaning ? `${message}: ${meaning}` : message;
}
