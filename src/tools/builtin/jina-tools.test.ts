import { expect, test } from 'vitest';
import { rules, startCallee } from '../../outbound/start-callee.fixture.ts';
import type { BuiltinSettings } from './builtin-parts.ts';
import { builtinsUnderTest } from './builtins-under-test.fixture.ts';

/** Its name does not resolve here, and is the owner's to allow. */
const PAGES = { allow: rules('a.example') };

const body = '{"code": 200, "data": {"content": "text"}}';

async function jina(settings: Partial<BuiltinSettings> = {}) {
  const callee = await startCallee((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  });
  const tools = builtinsUnderTest({ name: 'jina', baseUrl: `${callee.url}/base`, ...settings });
  return { ...tools, calls: callee.calls };
}

const read = (args: Record<string, unknown>) => ['jina', 'jina_reader', args] as const;
const search = (args: Record<string, unknown>) => ['jina', 'jina_search', args] as const;

test('a page by its address, as the reader gives it', async () => {
  const { text, calls } = await jina();
  const url = 'https://a.example/b?c=d&e#part';
  expect(await text(...read({ url }), PAGES)).toBe(body);
  expect(calls[0]?.path).toBe('/base/https://a.example/b?c=d&e');
  expect(calls[0]?.headers).toMatchObject({ accept: 'application/json' });
  const names = Object.keys(calls[0]?.headers ?? {});
  expect(names.filter((name) => name.startsWith('x-') || name === 'authorization' || name === 'dnt')).toEqual(
    [],
  );
});

test('all that an author may set', async () => {
  const { text, calls } = await jina({ apiKey: 'jina-key' });
  await text(
    ...read({
      url: 'https://a.example/',
      target_selector: '#main',
      wait_for_selector: '.done',
      remove_images: 1,
      image_caption: 1,
      gather_all_links_at_the_end: true,
      gather_all_images_at_the_end: 'true',
      proxy_server: 'http://proxy.example',
      no_cache: 1,
      no_cache_track: 1,
      content_format: 'text',
      request_params: '{"a": "b c", "n": 5}',
    }),
    PAGES,
  );
  expect(calls[0]?.path).toBe('/base/https://a.example/?a=b+c&n=5');
  expect(calls[0]?.headers).toMatchObject({
    authorization: 'Bearer jina-key',
    'x-target-selector': '#main',
    'x-wait-for-selector': '.done',
    'x-retain-images': 'none',
    'x-with-generated-alt': 'true',
    'x-with-links-summary': 'true',
    'x-with-images-summary': 'true',
    'x-proxy-url': 'http://proxy.example',
    'x-no-cache': 'true',
    dnt: '1',
    'x-return-format': 'text',
  });
});

test('a search', async () => {
  const { text, calls } = await jina({ apiKey: 'jina-key' });
  expect(await text(...search({ query: 'two words?', no_cache: 1 }))).toBe(body);
  expect(calls[0]?.path).toBe('/base/?q=two+words%3F');
  expect(calls[0]?.headers).toMatchObject({ authorization: 'Bearer jina-key', 'x-no-cache': 'true' });
});

test('a summary by the app’s model, where there is one', async () => {
  const { text } = await jina();
  const args = read({ url: 'https://a.example/', summary: 1 });
  expect(await text(...args, PAGES)).toBe(body);
  expect(await text(...args, { ...PAGES, summarize: async (long) => `short ${long.length}` })).toBe(
    `short ${body.length}`,
  );
});

test('an address leads nowhere else on the reader’s server', async () => {
  const { text, failure, calls } = await jina();
  for (const url of ['../admin', '/admin', 'admin', '', 'file:///etc/passwd', 'javascript:x']) {
    expect(await failure(...read({ url }))).toMatchObject({
      kind: 'arguments',
      message: 'The url must be a full address, with https://.',
    });
  }
  expect((await failure(...read({ url: 'https://user:pass@a.example/' }))).message).toBe(
    'The url must hold no credentials.',
  );
  expect(calls).toEqual([]);
  for (const url of [
    'https://a.example/../../../admin',
    'https://a.example/%2e%2e/%2E./admin',
    'https:\\\\a.example\\..\\admin',
  ])
    await text(...read({ url }), PAGES);
  expect(calls.map(({ path }) => path)).toEqual(Array(3).fill('/base/https://a.example/admin'));
});

test.each([
  ['http://127.0.0.1:9/admin', '127.0.0.1 is a loopback address'],
  ['http://2130706433/', '127.0.0.1 is a loopback address'],
  ['http://[::1]/', '::1 is a loopback address'],
  ['http://169.254.169.254/latest/meta-data', '169.254.169.254 is a link-local address'],
  ['http://10.0.0.1/', '10.0.0.1 is a private address'],
  ['http://localhost/', 'localhost resolves to'],
  ['http://no-such-name.invalid/', 'no-such-name.invalid does not resolve here'],
])('the owner’s own reader is not sent to %s', async (url, reason) => {
  const { failure, calls } = await jina();
  const { message } = await failure(...read({ url }), { allow: [] });
  expect(message).toContain(reason);
  expect(calls).toEqual([]);
});

test.each(['[1]', '"x"', 'x', '5'])('request_params that are %s', async (request_params) => {
  const { failure } = await jina();
  expect(await failure(...read({ url: 'https://a.example/', request_params }))).toMatchObject({
    kind: 'arguments',
    message: 'Invalid request_params: they must be a JSON object.',
  });
});

test('it asks again as often as the author wants', async () => {
  const callee = await startCallee((_, response) => {
    response.writeHead(callee.calls.length < 3 ? 503 : 200).end('text');
  });
  const { text, failure } = builtinsUnderTest({ name: 'jina', baseUrl: callee.url });
  const url = 'https://a.example/';
  expect((await failure(...read({ url, max_retries: 0 }), PAGES)).message).toBe(
    'Jina answered with status 503: text',
  );
  expect(callee.calls).toHaveLength(1);
  expect(await text(...read({ url, max_retries: 3 }), PAGES)).toBe('text');
  expect(callee.calls).toHaveLength(3);
});

test('a key that is wanted', async () => {
  const callee = await startCallee((_, response) => response.writeHead(401).end());
  const { failure } = builtinsUnderTest({ name: 'jina', baseUrl: callee.url });
  expect(await failure(...search({ query: 'x' }))).toMatchObject({
    kind: 'credentials',
    message: 'Jina wants a key: set api_key of the tool "jina" in parley.yml.',
  });
});
