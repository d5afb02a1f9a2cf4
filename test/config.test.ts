// The environment becomes one configuration, or a list of all that is wrong with it: nothing is guessed, cut or handed on unread.
import { readFile } from 'node:fs/promises';
import { test } from 'tap';
import { ConfigError, readConfig } from '../src/config.ts';
import { buildTestApp } from './fixtures/app.ts';
import { makePublished } from './fixtures/factories.ts';

const WRONG: Record<string, string[]> = {
  HOST: ['127.0.0.1:3000', 'http://localhost', '[::1]', '300.1.1.1', '127.1', 'a b', ' '],
  ROLES: ['api,api', 'jobs,jobs', 'api,', 'api,jobs,api', 'api, jobs'],
  PORT: ['3000.9', '0x10', '1e3', '0', '65536', '-1', ' '],
  CACHE_MB: ['1.5', '-1', 'all'],
  STREAMS: ['1e3', '100001'],
  BASE_URL: [
    'example.org',
    'http://a:99999',
    'https://',
    'http://[::1',
    'https://example.org/?a=1',
    'ftp://example.org',
  ],
  // A password as it is, with what ends it in a URL.
  DATABASE_URL: [
    'postgres://u:sec#ret@127.0.0.1/db',
    'postgres://u:sec/ret@127.0.0.1/db',
    'postgres://u@h:99999/db',
    'h/db',
  ],
  TRUST_PROXY: ['abc', '*', 'true', '1', '10.0.0.0/99', '10.0.0.0/0', '10.0.0.1 10.0.0.2', '::1/129', '1.2.3.4/5/6'],
};

// Seen to fail where the schema alone judges: numbers were cut, addresses and URLs were refused by a stack trace later, or not at all.
for (const [name, values] of Object.entries(WRONG)) {
  for (const value of values) {
    test(`${name}=${value} is refused by its name`, async (t) => {
      const told = () => readConfig({ [name]: value });
      t.throws(told, ConfigError);
      t.throws(told, { message: new RegExp(`^The configuration is wrong:\n  - ${name} must be `) });
      if (name === 'DATABASE_URL') t.throws(told, { message: /^(?!.*sec)/s }, 'without the password');
    });
  }
}

test('what is right is taken as it is meant', async (t) => {
  const config = readConfig({
    PORT: '8080',
    BASE_URL: 'https://Example.org:443/api//',
    DATABASE_URL: 'postgres:///dateline?host=/run/postgresql',
    TRUST_PROXY: '127.0.0.1, 10.0.0.0/8,::1/128,',
    CACHE_MB: '',
  });
  t.match(config, {
    port: 8080,
    baseUrl: 'https://example.org/api',
    databaseUrl: 'postgres:///dateline?host=/run/postgresql',
    trustProxy: ['127.0.0.1', '10.0.0.0/8', '::1/128'],
    cacheMb: 64,
  });
});

// Seen to fail where BASE_URL is handed on as it was written: no header holds these letters, and every list was a 500.
test('a newsroom whose host is not written in ASCII answers, with links that headers can hold', async (t) => {
  const { baseUrl } = readConfig({ BASE_URL: 'https://новости.рф/ապի' });
  const app = await buildTestApp(t, { baseUrl });
  await makePublished(app.desk);
  for (const path of ['articles', 'feeds/rss', 'feeds/atom', 'ninjs', 'changes']) {
    const { statusCode, headers } = await app.request('GET', `/v1/${path}`);
    t.equal(statusCode, 200, path);
    const links = String(headers.link ?? '');
    if (links) t.match(links, 'https://xn--b1amnebsh.xn--p1ai/%D5%A1%D5%BA%D5%AB/v1/');
  }
});

// Seen to fail where it is handed on: Fastify listens on each address of that name, where there are two, with one that has no limits.
test('HOST=localhost is one address', async (t) => {
  t.equal(readConfig({ HOST: 'localhost' }).host, '127.0.0.1');
  for (const host of ['::', 'fe80::1%eth0', 'api-1.news_room.internal']) t.equal(readConfig({ HOST: host }).host, host);
});

// Seen to fail with CACHE_MB=64 as compose's own default: a container of 256 MiB then kept 64 MiB of answers instead of 32.
test('compose sets no size of its own where nobody has set one', async (t) => {
  const compose = await readFile(new URL('../docker-compose.yml', import.meta.url), 'utf8');
  for (const name of ['CACHE_MB', 'STREAMS']) t.match(compose, `${name}: \${${name}:-}\n`, name);
});
