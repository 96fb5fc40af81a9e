import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { difyRoutes } from '../../src/surfaces/dify/routes/index.ts';
import { chatApp, completionApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';

const HOSTILE = chatApp({
  suggested_questions: [`it's </code><script>alert(1)</script> "quoted" $(id)`],
}).replace('name: Test chat', 'name: "<script>alert(1)</script> & \\"co\\""');

let parley: TestParley;
beforeAll(async () => {
  parley = await startParley({
    apps: { assistant: chatApp(), hostile: HOSTILE, translator: completionApp() },
  });
});
afterAll(() => parley.close());

async function page(
  path: string,
  headers: Record<string, string> = {},
): Promise<{ response: Response; text: string }> {
  const response = await fetch(parley.url + path, { headers });
  return { response, text: await response.text() };
}

test('the first page lists the apps with curl lines that show no key', async () => {
  const { response, text } = await page('/');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  for (const id of ['assistant', 'hostile', 'translator']) expect(text).toContain(`<code>${id}</code>`);
  expect(text).toContain(
    `curl -N ${parley.url}/v1/chat-messages -H &#39;Authorization: Bearer YOUR-KEY&#39;`,
  );
  expect(text).toContain(`${parley.url}/v1/completion-messages`);
  expect(text).not.toContain(parley.key('assistant'));
  expect(text).not.toMatch(/app-[\w-]{20,}/);
  expect(text).toContain('href="/docs"');
});

test('every page says that the demo model answers, and only then', async () => {
  expect((await page('/docs')).text).toContain('demo model answers');
  expect((await page('/')).text).toContain('The demo model answers.');
  const real = await startParley({ apps: { assistant: chatApp() }, provider: 'http://127.0.0.1:9/v1' });
  expect(await (await fetch(real.url)).text()).not.toContain('demo model');
  await real.close();
});

test('names and questions of apps are text, whatever is in them', async () => {
  const { text } = await page('/');
  expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;co&quot;');
  expect(text).not.toMatch(/<script/i);
});

test('an app that is added shows up, one that is removed goes away', async () => {
  const file = join(parley.appsDir, 'late.yml');
  await writeFile(file, chatApp());
  await expect.poll(async () => (await page('/')).text, { timeout: 8_000 }).toContain('<code>late</code>');
  await rm(file);
  await expect
    .poll(async () => (await page('/')).text, { timeout: 8_000 })
    .not.toContain('<code>late</code>');
});

test('the docs show every route with its method', async () => {
  const { text } = await page('/docs');
  for (const { method, path, summary } of difyRoutes) {
    expect(text).toContain(`>${method}</span><code>/v1${path.replace(/:(\w+)/g, '{$1}')}</code>`);
    expect(text).toContain(summary.replaceAll("'", '&#39;'));
  }
  const anchors = [...text.matchAll(/href="#([^"]+)"/g)].map((match) => match[1]);
  for (const anchor of anchors) expect(text).toContain(`id="${anchor}"`);
});

test.each(['/', '/docs'])('%s may load nothing but our own files, and runs no script', async (path) => {
  const { response, text } = await page(path);
  const policy = response.headers.get('content-security-policy');
  expect(policy).toContain("default-src 'self'");
  expect(policy).toContain("script-src 'none'");
  expect(policy).not.toContain('unsafe');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(response.headers.get('referrer-policy')).toBe('no-referrer');
  expect(text).not.toMatch(/<script|<style|\sstyle=|\son\w+=|https?:\/\/(?!127\.0\.0\.1|…)/i);
  const files = [...text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map((match) => match[1] as string);
  expect(files.length).toBeGreaterThan(1);
  for (const file of files) expect((await page(file)).response.status, file).toBe(200);
});

test('a Host header that is no host gets into no command', async () => {
  const { request } = await import('node:http');
  const text = await new Promise<string>((resolve, reject) => {
    request(parley.url, { headers: { host: "x';touch$IFS/tmp/y;'" } }, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve(body);
    })
      .on('error', reject)
      .end();
  });
  expect(text).not.toContain('touch');
});

test('the pages leave the API as it is', async () => {
  const { response } = await page('/v1/');
  expect(response.headers.get('content-security-policy')).toBeNull();
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
});
