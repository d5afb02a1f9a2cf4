// The page at /docs: served whole from this process, under a policy that allows its own script and no other host.
import { hash } from 'node:crypto';
import { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';

test('the page and its script come from this process, and only they may run', async (t) => {
  const { request } = await buildTestApp(t);
  const moved = await request('GET', '/docs');
  t.equal(moved.statusCode, 301);
  // Seen to fail with `/docs/`: behind a proxy that adds a path, the browser is led to where nothing is.
  t.equal(new URL(String(moved.headers.location), 'http://localhost/api/docs').pathname, '/api/docs/');

  const page = await request('GET', '/docs/');
  t.equal(page.statusCode, 200);
  t.match(page.headers['content-type'], /^text\/html/);
  const policy = String(page.headers['content-security-policy']);
  const inline = [...page.body.matchAll(/<script type="text\/javascript">([\s\S]*?)<\/script>/g)];
  t.equal(inline.length, 1);
  t.match(policy, `'sha256-${hash('sha256', inline[0]?.[1] ?? '', 'base64')}'`);
  t.notMatch(policy, /unsafe-eval|script-src[^;]*(unsafe-inline|https?:)/);
  t.notMatch(page.body, /<(script|link|img)[^>]*(src|href)="(https?:)?\/\//);

  const [, source = ''] = /<script src="([^"]+)"/.exec(page.body) ?? [];
  const script = await request('GET', new URL(source, 'http://localhost/docs/').pathname);
  t.equal(script.statusCode, 200);
  t.match(script.headers['content-type'], /javascript/);
  t.equal(script.headers['cache-control'], 'public, max-age=86400');
});

test('what is not part of the page is a 404 like any other', async (t) => {
  const { request } = await buildTestApp(t);
  const answer = await request('GET', '/docs/package.json');
  t.equal(answer.statusCode, 404);
  t.equal(answer.json().code, 'not_found');
});
