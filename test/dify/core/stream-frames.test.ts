import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { answered, readStream, sendChat, sendCompletion, textOf } from '../../support/parley/turns.ts';
import { schemaProblems, streamProblems } from '../../support/spec/dify-spec.ts';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const USAGE =
  '"usage":{"prompt_tokens":10,"prompt_unit_price":"0","prompt_price_unit":"[\\d.]+","prompt_price":"0",' +
  '"completion_tokens":2,"completion_unit_price":"0","completion_price_unit":"[\\d.]+","completion_price":"0",' +
  '"total_tokens":12,"total_price":"0","currency":"USD","latency":[\\d.]+,"time_to_first_token":[\\d.]+,' +
  '"time_to_generate":[\\d.]+}';

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  parley = await startParley({
    apps: { chat: chatApp(), completion: completionApp() },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

/** A pattern of the whole body: quoted text stands for itself, `§name§` for a UUID that is the same everywhere. */
function exactly(body: string): RegExp {
  const seen = new Set<string>();
  const pattern = body
    .split(/(§\w+§|\{\{USAGE\}\})/)
    .map((part) => {
      if (part === '{{USAGE}}') return USAGE;
      const name = /^§(\w+)§$/.exec(part)?.[1];
      if (!name) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      if (seen.has(name)) return `\\k<${name}>`;
      seen.add(name);
      return name === 'created' ? '(?<created>\\d{10})' : `(?<${name}>${UUID})`;
    })
    .join('');
  return new RegExp(`^${pattern}$`);
}

describe('bytes of a stream', () => {
  test('chat', async () => {
    provider.reply({ tokens: [' I', "'m"] });
    const response = await sendChat(parley, { response_mode: 'streaming' });
    const ids =
      '"conversation_id":"§conversation§","message_id":"§message§","created_at":§created§,"task_id":"§task§"';
    expect(await response.text()).toMatch(
      exactly(
        `data: {"event":"message",${ids},"id":"§message§","answer":" I","from_variable_selector":null}\n\n` +
          `data: {"event":"message",${ids},"id":"§message§","answer":"'m","from_variable_selector":null}\n\n` +
          `data: {"event":"message_end",${ids},"id":"§message§","metadata":{"annotation_reply":null,` +
          '"retriever_resources":[],{{USAGE}}},"files":null}\n\n',
      ),
    );
  });

  test('completion, which has no conversation', async () => {
    provider.reply({ tokens: ['Ho', 'la'] });
    const response = await sendCompletion(parley, { response_mode: 'streaming' });
    const ids = '"message_id":"§message§","created_at":§created§,"task_id":"§task§"';
    expect(await response.text()).toMatch(
      exactly(
        `data: {"event":"message",${ids},"id":"§message§","answer":"Ho","from_variable_selector":null}\n\n` +
          `data: {"event":"message",${ids},"id":"§message§","answer":"la","from_variable_selector":null}\n\n` +
          `data: {"event":"message_end",${ids},"id":"§message§","metadata":{"annotation_reply":null,` +
          '"retriever_resources":[],{{USAGE}}},"files":null}\n\n',
      ),
    );
  });

  test('an error has the wrapper without task_id, then code, status, message', async () => {
    provider.reply({ status: 401, error: { message: 'no', code: 'invalid_api_key' } });
    const response = await sendChat(parley, { response_mode: 'streaming' });
    expect(await response.text()).toMatch(
      exactly(
        'data: {"event":"error","conversation_id":"§conversation§","message_id":"§message§","created_at":§created§,' +
          '"code":"completion_request_error","status":400,"message":"Incorrect API key provided"}\n\n',
      ),
    );
  });

  test('task, message and conversation have ids of their own, and times are whole seconds of now', async () => {
    provider.reply();
    const events = await (await readStream(await sendChat(parley, { response_mode: 'streaming' }))).readAll();
    const [first] = events;
    expect(new Set([first?.task_id, first?.message_id, first?.conversation_id]).size).toBe(3);
    expect(Math.abs(Number(first?.created_at) - Date.now() / 1000)).toBeLessThan(10);
  });
});

test('headers: event stream, nothing buffers or caches', async () => {
  provider.reply();
  const response = await sendChat(parley, { response_mode: 'streaming' });
  await response.text();
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(response.headers.get('cache-control')).toBe('no-cache, no-transform');
  expect(response.headers.get('x-accel-buffering')).toBe('no');
  expect(response.headers.get('x-version')).toBeTruthy();
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
});

test('text is UTF-8 as it is, on one line per frame, whatever it holds', async () => {
  const tokens = [
    '日本',
    '\n\ndata: {"event":"message_end"}\n\n',
    '\r\n',
    '\u2028\u2029\u0085',
    '"\\',
    '👩‍🚀',
    '',
  ];
  provider.reply({ tokens });
  const response = await sendChat(parley, { response_mode: 'streaming' });
  const body = await response.text();
  expect(body).toContain('"answer":"日本"');
  expect(body).not.toMatch(/[\r\u2028\u2029\u0085]/);
  const frames = body.split('\n\n').filter((frame) => frame !== '');
  expect(frames.every((frame) => frame.startsWith('data: {') && !frame.includes('\n'))).toBe(true);
  const events = frames.map((frame) => JSON.parse(frame.slice(6)) as Record<string, unknown>);
  expect(textOf(events)).toBe(tokens.join(''));
  expect(events.filter((event) => event.event === 'message_end')).toHaveLength(1);
});

test('a character split between two reads of the provider’s answer stays whole', async () => {
  const chunk = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: '好👍' }, finish_reason: null }] })}\n\n`;
  const bytes = Buffer.from(chunk);
  const pieces = Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
  provider.reply({ raw: [...pieces, 'data: [DONE]\n\n'] });
  const events = await (await readStream(await sendChat(parley, { response_mode: 'streaming' }))).readAll();
  expect(textOf(events)).toBe('好👍');
});

test.each([
  ['no piece', []],
  ['an empty piece', ['', '']],
])('an empty answer (%s) is one message and its end', async (_, tokens) => {
  provider.reply({ tokens });
  for (const response of [
    await sendChat(parley, { response_mode: 'streaming' }),
    await sendCompletion(parley, { response_mode: 'streaming' }),
  ]) {
    const events = await (await readStream(response)).readAll();
    expect(events.map(({ event }) => event)).toEqual(['message', 'message_end']);
    expect(events[0]?.answer).toBe('');
  }
  expect((await answered(sendChat(parley))).answer).toBe('');
});

describe('blocking answers', () => {
  test('chat', async () => {
    provider.reply({ tokens: ['Hello', ' you'] });
    const body = await answered(sendChat(parley, { response_mode: 'blocking' }));
    expect(Object.keys(body)).toEqual([
      'event',
      'task_id',
      'id',
      'message_id',
      'conversation_id',
      'mode',
      'answer',
      'metadata',
      'created_at',
    ]);
    expect(body).toMatchObject({ event: 'message', mode: 'chat', answer: 'Hello you', id: body.message_id });
    expect(Object.keys(body.metadata as object)).toEqual([
      'annotation_reply',
      'retriever_resources',
      'usage',
    ]);
    expect(schemaProblems('ChatCompletionResponse', body)).toEqual([]);
  });

  test('completion', async () => {
    provider.reply({ tokens: ['Hola'] });
    const body = await answered(sendCompletion(parley, { response_mode: 'blocking' }));
    expect(Object.keys(body)).toEqual([
      'event',
      'task_id',
      'id',
      'message_id',
      'mode',
      'answer',
      'metadata',
      'created_at',
    ]);
    expect(body).toMatchObject({ event: 'message', mode: 'completion', answer: 'Hola' });
    expect(schemaProblems('CompletionResponse', body)).toEqual([]);
  });

  test('is what an absent or null response_mode means', async () => {
    provider.reply();
    for (const response_mode of [undefined, null]) {
      expect((await sendChat(parley, { response_mode })).headers.get('content-type')).toMatch(
        /^application\/json/,
      );
      expect((await sendCompletion(parley, { response_mode })).headers.get('content-type')).toMatch(
        /^application\/json/,
      );
    }
  });
});

test('events hold what the published document says', async () => {
  provider.reply();
  const chat = await (await readStream(await sendChat(parley, { response_mode: 'streaming' }))).readAll();
  expect(streamProblems('ChunkChatEvent', chat)).toEqual([]);
  const completion = await (
    await readStream(await sendCompletion(parley, { response_mode: 'streaming' }))
  ).readAll();
  expect(streamProblems('ChunkCompletionEvent', completion)).toEqual([]);
  provider.reply({ status: 400, error: { message: 'no' } });
  const failed = await (await readStream(await sendChat(parley, { response_mode: 'streaming' }))).readAll();
  expect(streamProblems('ChunkChatEvent', failed)).toEqual([]);
});
