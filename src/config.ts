// The only reader of the environment: turns it into one frozen Config, or into a readable list of what is wrong. It refuses to guess.
import { isUtf8 } from 'node:buffer';
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type Static, Type } from 'typebox';
import { withinAnEighth } from './memory.ts';
import { keywordsOf } from './schemas.ts';

/** What each name holds; its description is what a wrong value is told. */
const Environment = Type.Object({
  PORT: Type.Integer({ minimum: 1, maximum: 65535, default: 3000, description: 'a whole number from 1 to 65535' }),
  HOST: Type.String({ minLength: 1, default: '127.0.0.1', description: 'an address or name to listen on' }),
  BASE_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^/?#\\s]+[^?#\\s]*$',
      description: 'a URL that begins with http:// or https://, without query and fragment',
    }),
  ),
  DATABASE_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://\\S+$',
      description: 'a URL that begins with postgres://; in a password, / is %2F, # is %23 and ? is %3F',
    }),
  ),
  DATA_DIR: Type.String({ minLength: 1, default: '.data', description: 'a folder' }),
  ADMIN_KEY: Type.Optional(
    Type.String({
      minLength: 32,
      maxLength: 200,
      pattern: '^[\\x21-\\x7e]+$',
      description: '32 to 200 visible ASCII characters',
    }),
  ),
  DEMO: Type.Union([Type.Literal('auto'), Type.Literal('off')], { default: 'auto', description: 'auto or off' }),
  LOG_LEVEL: Type.Union(
    (['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const).map((level) => Type.Literal(level)),
    { default: 'warn', description: 'fatal, error, warn, info, debug, trace or silent' },
  ),
  ROLES: Type.String({
    pattern: '^(api|jobs|api,jobs|jobs,api)$',
    default: 'api,jobs',
    description: 'api, jobs or api,jobs',
  }),
  CACHE_MB: Type.Integer({
    minimum: 0,
    maximum: 16_384,
    default: withinAnEighth(64),
    description: 'a whole number of MiB from 0 to 16384',
  }),
  STREAMS: Type.Integer({
    minimum: 0,
    maximum: 100_000,
    default: 1_000,
    description: 'a whole number from 0 to 100000',
  }),
  OIDC_ISSUER: Type.Optional(
    Type.String({
      // Without TLS from this machine alone: whoever can change the keys on their way can sign in as anybody.
      pattern: '^(https://[^/?#\\s]+|http://(localhost|127\\.0\\.0\\.1|\\[::1\\])(:\\d+)?)(/[^?#\\s]*)?$',
      description: 'a URL that begins with https://, or with http:// on this machine, without query and fragment',
    }),
  ),
  OIDC_CLIENT_ID: Type.Optional(Type.String({ maxLength: 255, description: 'at most 255 characters' })),
  OUTBOUND_ALLOW: Type.Union([Type.Literal(''), Type.Literal('loopback')], {
    default: '',
    description: 'loopback, or not set',
  }),
  TRUST_PROXY: Type.String({ default: '', description: 'addresses or CIDR ranges, separated by commas' }),
});
type Name = keyof typeof Environment.properties;

/** Never repeated in a message: they are or hold secrets. */
const SECRET = new Set(['ADMIN_KEY', 'DATABASE_URL']);

export interface Config {
  readonly port: number;
  readonly host: string;
  /** Public URL of this API without a trailing slash; http://localhost:PORT unless it is given. */
  readonly baseUrl: string;
  readonly databaseUrl: string | undefined;
  /** Folder of pictures that are kept, and of the embedded Postgres; an absolute path. */
  readonly dataDir: string;
  readonly adminKey: string | undefined;
  readonly demo: 'auto' | 'off';
  readonly logLevel: string;
  readonly roles: { readonly api: boolean; readonly jobs: boolean };
  /** MiB for answers kept in memory; 0 keeps none. */
  readonly cacheMb: number;
  /** Readers who follow live stories by a stream at once, and as many who follow or wait for changes. */
  readonly streams: number;
  /** The newsroom's OpenID provider: its issuer as in its tokens, and our id there; undefined means that nobody signs in by ID token. */
  readonly oidc: { readonly issuer: string; readonly clientId: string } | undefined;
  /** Whether webhooks, imports and the like may lead to this machine itself; never to other addresses that are not public. */
  readonly outbound: { readonly loopback: boolean };
  /** Proxies whose X-Forwarded-For is believed; none by default. */
  readonly trustProxy: readonly string[];
}

export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The configuration is wrong:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/**
 * Reads `.env` in the working folder, if there is one; the environment itself goes first. Not by process.loadEnvFile, which takes
 * a byte order mark for part of the first name, and finds no name at all in UTF-16, as editors and shells of Windows write them.
 */
export function loadDotEnv(): void {
  if (!existsSync('.env')) return;
  for (const [name, value] of Object.entries(parseEnv(readDotEnv()))) process.env[name] ||= value;
}

function readDotEnv(): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync('.env');
  } catch {
    throw new ConfigError(['.env must be a file that this account can read']);
  }
  // UTF-16 of ASCII is UTF-8 as well, but for the zeros.
  if (!isUtf8(bytes) || bytes.includes(0)) throw new ConfigError(['.env must be written in UTF-8']);
  return new TextDecoder().decode(bytes);
}

/** @throws ConfigError that lists every wrong name at once */
export function readConfig(source: Record<string, string | undefined> = process.env): Config {
  // Only our own names are looked at, and an empty value means "not set", as docker-compose passes them.
  const given = Object.fromEntries(
    Object.keys(Environment.properties).flatMap((name) => (source[name] ? [[name, source[name]]] : [])),
  );
  const value: Record<string, unknown> = { ...given };
  const wrong = new Map<string, string>();
  const refuse = (name: Name) => {
    const shown = SECRET.has(name) ? '' : `, not ${JSON.stringify(source[name])}`;
    wrong.set(name, `${name} must be ${keywordsOf(Environment.properties[name]).description}${shown}`);
  };
  const validate = new Ajv2020({
    allErrors: true,
    coerceTypes: true,
    useDefaults: true,
    validateSchema: false,
  }).compile(Environment);
  validate(value);
  for (const { instancePath } of validate.errors ?? []) refuse(instancePath.slice(1) as Name);
  // What the schema cannot say: 0x10 is converted to 16, 1e3 to 1000, and it knows no ports and no ranges.
  for (const name of ['PORT', 'CACHE_MB', 'STREAMS'] as const)
    if (source[name] && !/^-?\d+$/.test(source[name])) refuse(name);
  for (const name of ['BASE_URL', 'DATABASE_URL'] as const)
    if (source[name] && !URL.canParse(source[name])) refuse(name);
  if (source.HOST && !isIP(source.HOST) && !/^(?=.*[a-z])[\w.-]+$/i.test(source.HOST)) refuse('HOST');
  const trustProxy = (source.TRUST_PROXY ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  if (!trustProxy.every(isRange)) refuse('TRUST_PROXY');
  if (!given.OIDC_ISSUER !== !given.OIDC_CLIENT_ID)
    wrong.set('OIDC_CLIENT_ID', 'OIDC_ISSUER and OIDC_CLIENT_ID must be given both or neither');
  if (wrong.size > 0) throw new ConfigError([...wrong.values()]);
  const env = value as Static<typeof Environment>;
  const roles = env.ROLES.split(',');
  return Object.freeze({
    port: env.PORT,
    // By that name Fastify would open a second server, for ::1, that has none of the limits of the first.
    host: env.HOST === 'localhost' ? '127.0.0.1' : env.HOST,
    // In ASCII, since headers hold it.
    baseUrl: new URL(env.BASE_URL ?? `http://localhost:${env.PORT}`).href.replace(/\/+$/, ''),
    databaseUrl: env.DATABASE_URL,
    dataDir: resolve(env.DATA_DIR),
    adminKey: env.ADMIN_KEY,
    demo: env.DEMO,
    logLevel: env.LOG_LEVEL,
    roles: Object.freeze({ api: roles.includes('api'), jobs: roles.includes('jobs') }),
    cacheMb: env.CACHE_MB,
    streams: env.STREAMS,
    oidc:
      env.OIDC_ISSUER && env.OIDC_CLIENT_ID
        ? Object.freeze({ issuer: env.OIDC_ISSUER, clientId: env.OIDC_CLIENT_ID })
        : undefined,
    outbound: Object.freeze({ loopback: env.OUTBOUND_ALLOW === 'loopback' }),
    trustProxy: Object.freeze(trustProxy),
  });
}

/** An address, or one with the length of a prefix; `1`, as other servers count proxies, would be 0.0.0.1. */
function isRange(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const longest = { 4: 32, 6: 128 }[isIP(address)];
  if (longest === undefined || more.length > 0) return false;
  return prefix === undefined || (/^[1-9]\d*$/.test(prefix) && Number(prefix) <= longest);
}
