import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { Store } from '../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import type { TestCoze } from '../support/parley/coze.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { ask, type CozeRequest, calls, requestFor } from './coze-ask.ts';
import { allRows, difference, settledRows } from './coze-rows.ts';
import { type CozeThings, makeThings, startHouse, TOKENS } from './coze-victim.ts';

let provider: MockProvider;
let coze: TestCoze;
let store: Store;
let things: CozeThings;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startHouse(provider, { limits: { body_size: '1MB' } });
  store = await openTestStore(coze.parley);
});
afterAll(async () => {
  await store.destroy();
  await coze.close();
  await provider.close();
});
beforeEach(async () => {
  things ??= await makeThings(coze, 'chat', TOKENS.alice, 'word');
});

/** Asks; what is refused says so as everything does, and has changed nothing. */
async function hostile(request: CozeRequest) {
  const before = await settledRows(store);
  const said = await ask(coze, request, `Bearer ${TOKENS.alice}`);
  expect(said.status, said.text.slice(0, 300)).toBeLessThan(500);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  if (said.code === 0 || said.code === -1) return said;
  expect(Object.keys(JSON.parse(said.text))).toEqual(['code', 'msg', 'detail']);
  expect(Number.isInteger(said.code)).toBe(true);
  expect(difference(before, await allRows(store))).toEqual([]);
  return said;
}

const withBody = (call: (typeof calls)[number], body: RequestInit['body'], type: string): CozeRequest => {
  const { path } = requestFor(call[1], call[2], things);
  return { path, init: { method: call[2], body: body ?? null, headers: { 'content-type': type } } };
};
const json = (call: (typeof calls)[number]) => String(requestFor(call[1], call[2], things).init.body);

const nested = (open: string, close: string, depth = 20_000) => open.repeat(depth) + close.repeat(depth);
const inJson = calls.filter(([, { body }]) => body instanceof z.ZodType);
const inForms = calls.filter(([, { body }]) => body === 'multipart');

describe.each(calls.filter(([, , method]) => method !== 'GET'))('%s', (...call) => {
  test.each([
    ['malformed JSON', '{"bot_id": "1", '],
    ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d, 0x7d])],
    ['two objects', '{}{}'],
    ['a number too many', '{"bot_id":01}'],
    ['__proto__', '{"__proto__":{"polluted":1}}'],
    ['__proto__ in escapes', '{"\\u005f_proto\\u005f_":{"polluted":1}}'],
    ['__proto__ further down', '{"meta_data":{"__proto__":"x"},"parameters":{"__proto__":{"polluted":1}}}'],
    ['constructor.prototype', '{"custom_variables":{"constructor":{"prototype":{"polluted":1}}}}'],
  ])('%s is 4000', async (_, body) => {
    const said = await hostile(withBody(call, body, 'application/json'));
    if (call[1].body === 'multipart') expect([4000, 4300]).toContain(said.code);
    else expect(said.code, said.text).toBe(4000);
  });

  test('a body over the limit is 413, with and without a length', async () => {
    if (call[1].body === 'multipart') return;
    const body = JSON.stringify({ ...things, x: 'x'.repeat(1024 * 1024) });
    const given = withBody(call, body, 'application/json');
    expect(await hostile(given)).toMatchObject({ status: 413, code: 4000 });
    const init = { ...given.init, body: new Blob([body]).stream(), duplex: 'half' } as RequestInit;
    expect(await hostile({ ...given, init })).toMatchObject({ status: 413, code: 4000 });
  });
});

describe.each(inJson)('%s', (...call) => {
  test.each([
    ['an array', '[1]'],
    ['an array of what it takes', '[@@]'],
    ['text', '"text"'],
    ['a number', '1e400'],
    ['true', 'true'],
    ['nested too deep', `{"ignored":${nested('[', ']')}}`],
    ['objects nested too deep', `{"ignored":${nested('{"a":', '}').replace('}', '1}')}}`],
  ])('%s is 4000', async (_, body) => {
    expect((await hostile(withBody(call, body.replace('@@', json(call)), 'application/json'))).code).toBe(
      4000,
    );
  });

  test('a form in place of JSON is 4000, whatever it says', async () => {
    const form = new FormData();
    for (const [name, value] of Object.entries(JSON.parse(json(call)) as object))
      form.append(name, typeof value === 'string' ? value : JSON.stringify(value));
    form.append('file', new Blob(['data'], { type: 'image/png' }), 'a.png');
    const { path } = requestFor(call[1], call[2], things);
    expect((await hostile({ path, init: { method: call[2], body: form } })).code).toBe(4000);
    expect((await hostile(withBody(call, '--x', 'multipart/form-data'))).code).toBe(4000);
    const fields = new URLSearchParams({ ...things, name: 'renamed', content: 'changed' });
    const type = 'application/x-www-form-urlencoded';
    expect((await hostile(withBody(call, fields.toString(), type))).code).toBe(4000);
    expect((await hostile(withBody(call, json(call).slice(0, -1), 'application/xml'))).code).toBe(4000);
  });
});

describe.each(inForms)('%s', (...call) => {
  const head =
    'Content-Disposition: form-data; name="file"; filename="a.mp3"\r\nContent-Type: audio/mpeg\r\n';
  const part = `--x\r\n${head}\r\ndata\r\n`;
  test.each([
    ['JSON', '{"file":{"filepath":"/etc/passwd","originalFilename":"a","size":1}}', 'application/json'],
    ['an urlencoded form', 'file=%2Fetc%2Fpasswd', 'application/x-www-form-urlencoded'],
    ['a form without a boundary', part, 'multipart/form-data'],
    ['a form cut off', part, 'multipart/form-data; boundary=x'],
    ['a form of another boundary', `${part}--x--\r\n`, 'multipart/form-data; boundary=y'],
    [
      'a part that says it is JSON',
      `--x\r\nContent-Disposition: form-data; name="file"\r\nContent-Type: application/json\r\n\r\n{"filepath":"/etc/passwd"}\r\n--x--\r\n`,
      'multipart/form-data; boundary=x',
    ],
    [
      'a field named __proto__',
      `--x\r\nContent-Disposition: form-data; name="__proto__"\r\nContent-Type: application/json\r\n\r\n{"polluted":1}\r\n--x--\r\n`,
      'multipart/form-data; boundary=x',
    ],
    ['twelve files', `${part.repeat(12)}--x--\r\n`, 'multipart/form-data; boundary=x'],
    [
      'a thousand fields',
      `${'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'.repeat(1000)}--x--\r\n`,
      'multipart/form-data; boundary=x',
    ],
  ])('%s is refused, and no file is kept', async (_, body, type) => {
    const said = await hostile(withBody(call, body, type));
    expect([4000, 4300, 4301, 4303, 4304]).toContain(said.code);
  });
});

/** JSON texts of what no field, or hardly one, takes. */
const VALUES = [
  ...['true', '0', '5', '-1', '1.5', '1e400', '-1e400', '9007199254740993'],
  ...['9223372036854775808', '18446744073709551616', '"9223372036854775808"', '1e-400'],
  ...['[]', '{}', '[[]]', '[null]', '[{}]', '{"a":[]}', '[[[["x"]]]]', '{"length":1}'],
  ...['"\\u0000"', '"\\ud800"', '"\\udfff\\ud800"', '"\\u2028"', '"\\r\\n"', '" "', '""', 'null'],
  ...[`"' OR 1=1; DROP TABLE conversations; --"`, '"%"', '"_"', '"{{secret}}"'],
  ...['"__proto__"', '"constructor"', `"${'x'.repeat(100_000)}"`, `[${'0,'.repeat(10_000)}0]`],
];

const shapes = inJson.flatMap((call) => {
  const { body } = call[1];
  return body instanceof z.ZodObject
    ? Object.keys(body.shape).map((name) => [call[0], name, call] as const)
    : [];
});

test.each(shapes)('%s with anything as %s: an answer, never 500', async (_, name, call) => {
  for (const value of VALUES) {
    const { path, init } = requestFor(call[1], call[2], things, { [name]: '@@' });
    const body = String(init.body).replace('"@@"', () => value);
    expect(body).toContain(value);
    const said = await hostile({ path, init: { ...init, body } });
    if (said.code !== 0 && said.code !== -1) {
      expect(said.code, `${value}: ${said.text}`).toBeGreaterThanOrEqual(4000);
      expect(said.code, `${value}: ${said.text}`).toBeLessThan(4300);
    }
  }
});

test('a body without a token is not even read', async () => {
  const { hostname, port } = new URL(coze.url);
  for (const [path, status] of [
    ['/v1/conversation/create', 401],
    ['/v3/chat', 200],
  ] as const) {
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /coze${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`,
    );
    const [answer] = await new Promise<[Buffer]>((resolve) => socket.once('data', (data) => resolve([data])));
    expect(answer.toString()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.toString()).toMatch(/"code":(4101|700012006),/);
    socket.destroy();
  }
});
