import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { readFrames, startCoze, type TestCoze } from '../support/parley/coze.ts';
import { botId, deltasOf, sendChat, streamChat } from './chats.ts';

let provider: MockProvider;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({ apps: { chat: chatApp() }, provider: provider.baseUrl });
});
beforeEach(() => provider.reply());
afterAll(async () => {
  await coze.close();
  await provider.close();
});

const bodyOf = async (more: Record<string, unknown> = {}) =>
  (await sendChat(coze, 'Hi', { stream: true, ...more })).text();
/** Line ends of any client. */
const BREAKS = /[\r\u0085\u2028\u2029]/;

test('the whole body, to the byte: no ids, no comments, nothing after done', async () => {
  provider.reply({ tokens: [' I', "'m"] });
  const body = await bodyOf();
  const ids = /"id":"(\d+)","conversation_id":"(\d+)".*"created_at":(\d+)/.exec(body);
  const [, chat, conversation, at] = ids ?? [];
  const message = /message.delta\ndata:\{"id":"(\d+)"/.exec(body)?.[1];
  const verbose = /"id":"(\d+)"[^\n]*"type":"verbose"/.exec(body)?.[1];
  const end = /"completed_at":(\d+)/.exec(body)?.[1];
  const times = Array.from(body.matchAll(/"created_at":(\d+),"updated_at"/g), ([, time]) => time);
  const bot = botId('chat');
  const zero = '"usage":{"token_count":0,"output_count":0,"input_count":0}';
  const chatOf = (status: string, completed: string, usage: string) =>
    `{"id":"${chat}","conversation_id":"${conversation}","bot_id":"${bot}","status":"${status}","created_at":${at},` +
    `"completed_at":${completed},"failed_at":null,"meta_data":{},"last_error":{"code":0,"msg":""},` +
    `"section_id":"${conversation}","required_action":{"type":"","submit_tool_outputs":{"tool_calls":[]}},${usage}}`;
  const delta = (content: string) =>
    `{"id":"${message}","conversation_id":"${conversation}","bot_id":"${bot}","role":"assistant","type":"answer",` +
    `"content":"${content}","content_type":"text","chat_id":"${chat}","section_id":"${conversation}"}`;
  const complete = (time: unknown, id: unknown, type: string, content: string) =>
    `{"id":"${id}","conversation_id":"${conversation}","bot_id":"${bot}","chat_id":"${chat}",` +
    `"section_id":"${conversation}","role":"assistant","content_type":"text","created_at":${time},` +
    `"updated_at":${time},"meta_data":{},"type":"${type}","content":${JSON.stringify(content)}}`;
  const finished =
    '{"msg_type":"generate_answer_finish","data":"{\\"finish_reason\\":0,\\"FinData\\":\\"\\"}","from_module":null,"from_unit":null}';
  const usage = '"usage":{"token_count":12,"output_count":2,"input_count":10}';
  expect(body).toBe(
    `event:conversation.chat.created\ndata:${chatOf('created', 'null', zero)}\n\n` +
      `event:conversation.chat.in_progress\ndata:${chatOf('in_progress', 'null', zero)}\n\n` +
      `event:conversation.message.delta\ndata:${delta(' I')}\n\n` +
      `event:conversation.message.delta\ndata:${delta("'m")}\n\n` +
      `event:conversation.message.completed\ndata:${complete(times[0], message, 'answer', " I'm")}\n\n` +
      `event:conversation.message.completed\ndata:${complete(times[1], verbose, 'verbose', finished)}\n\n` +
      `event:conversation.chat.completed\ndata:${chatOf('completed', String(end), usage)}\n\n` +
      'event:done\ndata:"[DONE]"\n\n',
  );
});

test('headers: an event stream that nothing buffers, with a log id of its own', async () => {
  const response = await sendChat(coze, 'Hi', { stream: true });
  await response.text();
  const other = await sendChat(coze, 'Hi', { stream: true });
  await other.text();
  expect(other.headers.get('x-tt-logid')).not.toBe(response.headers.get('x-tt-logid'));
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(response.headers.get('cache-control')).toBe('no-cache, no-transform');
  expect(response.headers.get('x-accel-buffering')).toBe('no');
  expect(response.headers.get('content-encoding')).toBeNull();
  expect(response.headers.get('x-tt-logid')).toMatch(/^\d{14}[0-9A-F]{20}$/);
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
});

test('text is UTF-8 as it is, in frames of two lines, whatever it holds', async () => {
  const tokens = [
    '日本',
    '\n\nevent:done\ndata:"[DONE]"\n\n',
    '\r\n',
    '\u2028\u2029\u0085',
    '"\\',
    '👩‍🚀',
    ': ping',
  ];
  provider.reply({ tokens });
  const body = await bodyOf();
  expect(body).toContain('"content":"日本"');
  expect(body).not.toMatch(BREAKS);
  expect(body).toContain('"content":"\\u2028\\u2029\\u0085"');
  const frames = readFrames(body);
  expect(frames.filter(({ event }) => event === 'done')).toHaveLength(1);
  const events = frames.map(({ event, data }) => ({ event, data: JSON.parse(data) }));
  expect(deltasOf(events).content).toBe(tokens.join(''));
  const answer = events.find(({ data }) => data.type === 'answer' && data.created_at);
  expect(answer?.data.content).toBe(tokens.join(''));
});

test('line ends are escaped wherever text of others stands', async () => {
  const breaks = 'a\u2028b\u2029c\u0085d';
  provider.reply({ reasoning: [breaks], tokens: ['ok'] });
  const body = await bodyOf({ meta_data: { [breaks]: breaks } });
  expect(body).not.toMatch(BREAKS);
  const frames = readFrames(body).map(({ event, data }) => ({ event, data: JSON.parse(data) }));
  expect(frames[0]?.data.meta_data).toEqual({ [breaks]: breaks });
  expect(deltasOf(frames).reasoning).toBe(breaks);
  provider.reply({ status: 400, error: { message: `no ${breaks}` } });
  const failed = await bodyOf();
  expect(failed).not.toMatch(BREAKS);
  expect(JSON.parse(readFrames(failed).at(-2)?.data ?? '').last_error.msg).toContain(breaks);
});

test('a long piece is one frame', async () => {
  const piece = '好x'.repeat(150_000);
  provider.reply({ tokens: [piece] });
  const events = await (await streamChat(coze, 'Hi')).rest();
  expect(events.filter(({ event }) => event === 'conversation.message.delta')).toHaveLength(1);
  expect(deltasOf(events).content === piece).toBe(true);
  expect(events.find(({ data }) => data.created_at && data.type === 'answer')?.data.content === piece).toBe(
    true,
  );
});

test('many pieces, some of them empty: a frame for each that says something', async () => {
  const tokens = Array.from({ length: 3000 }, (_, n) => (n % 3 === 0 ? '' : `${n} `));
  provider.reply({ tokens });
  const events = await (await streamChat(coze, 'Hi')).rest();
  const pieces = events.filter(({ event }) => event === 'conversation.message.delta');
  expect(pieces.map(({ data }) => data.content)).toEqual(tokens.filter((token) => token !== ''));
});

test('the body ends right after done', async () => {
  const reader = await streamChat(coze, 'Hi');
  expect(await reader.until('done')).toBe('[DONE]');
  expect(await reader.next()).toBeNull();
});
