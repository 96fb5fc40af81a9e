import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inTurn } from '../support/mock-provider/in-turn.ts';
import type { MockToolCall } from '../support/mock-provider/mock-reply.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { observationOf, saidIn, thoughtsIn } from '../support/parley/agent-events.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { streamChat } from '../support/parley/turns.ts';
import { textParameter, writeOpenApi } from '../support/tools/openapi-document.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';

let provider: MockProvider;
let callee: Callee;
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  callee = await startCallee();
  const q = { ...textParameter('q'), required: true };
  document = await writeOpenApi(callee.url, { lookup: { path: '/lookup', parameters: [q] } });
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      agent: agentApp([
        { provider: 'time', tool: 'weekday' },
        { provider: 'time', tool: 'current_time', values: { format: '%Z %z', timezone: '' } },
        { provider: 'tavily', tool: 'tavily_search' },
        { type: 'api', provider: 'service', tool: 'lookup' },
        { type: 'api', provider: 'hasty', tool: 'lookup' },
      ]),
    },
    config: {
      tools: [
        { name: 'service', openapi: document.file },
        { name: 'hasty', openapi: document.file, timeout: '150ms' },
      ],
    },
  });
});
afterAll(async () => {
  await parley.close();
  await document.remove();
  await callee.close();
  await provider.close();
});

/** A turn in which the model calls these, and then answers; what it was told of them, and the thought of it. */
async function turnWith(...toolCalls: MockToolCall[]) {
  const before = provider.requests.length;
  provider.reply(inTurn({ tokens: ['I try.'], toolCalls }, { tokens: ['Never mind.'] }));
  const events = await (await streamChat(parley, {}, 'agent')).readAll();
  expect(saidIn(events)).toBe('I try.\nNever mind.');
  expect(events.at(-1)).toMatchObject({ event: 'message_end' });
  const [thought] = thoughtsIn(events);
  if (!thought) throw new Error('there is no thought');
  const messages = provider.requests[before + 1]?.messages ?? [];
  return {
    thought,
    observed: observationOf(thought),
    told: messages.filter(({ role }) => role === 'tool').map(({ content }) => content),
    sentBack: messages.flatMap(({ tool_calls = [] }) => tool_calls.map((call) => call.function)),
  };
}

const INVALID = 'tool parameters validation error: ';
const MALFORMED = `${INVALID}the arguments are not a JSON object`;

describe('arguments that are no arguments', () => {
  test.each(['{"year": 2024,', '[2024, 1, 5]', '"2024-01-05"', 'null', 'tomorrow'])('%s', async (written) => {
    const { thought, observed, told, sentBack } = await turnWith({ name: 'weekday', arguments: written });
    expect(observed).toEqual({ weekday: MALFORMED });
    expect(told).toEqual([MALFORMED]);
    // The provider gets an object in its place; some refuse anything else.
    expect(JSON.parse(sentBack[0]?.arguments ?? '')).toBeTypeOf('object');
    expect(JSON.parse(thought.tool_input)).toEqual({
      weekday: written.startsWith('{') || written === 'tomorrow' ? written : JSON.parse(written),
    });
  });

  test('none at all are an empty object', async () => {
    const { told } = await turnWith({ name: 'weekday', arguments: '' });
    expect(told).toEqual([expect.stringMatching(`^${INVALID}.*required property`)]);
  });

  test.each([
    ['{"year": 2024, "month": 1}', /day/],
    ['{"year": "soon", "month": 1, "day": 5}', /year/],
  ])('%s does not fit', async (written, problem) => {
    const { told } = await turnWith({ name: 'weekday', arguments: written });
    expect(told).toEqual([expect.stringMatching(`^${INVALID}`)]);
    expect(told[0]).toMatch(problem);
  });

  test('numbers written as texts do fit', async () => {
    const { told } = await turnWith({
      name: 'weekday',
      arguments: '{"year": "2024", "month": "1", "day": "5"}',
    });
    expect(told).toEqual(['January 5, 2024 is Friday.']);
  });
});

test.each(['teleport', '__proto__', 'constructor', 'Weekday'])('there is no tool %s', async (name) => {
  const { thought, told } = await turnWith({ name, arguments: '{}' });
  expect(told).toEqual([`there is not a tool named ${name}`]);
  expect(thought.tool).toBe(name);
  expect(thought.tool_labels[name]).toEqual({ en_US: name });
  expect(JSON.parse(thought.observation)[name]).toBe(told[0]);
});

test('a service that fails tells the model what it said, and the run goes on', async () => {
  callee.reply({ status: 500, body: 'out of order' });
  const { told } = await turnWith({ name: 'lookup', arguments: '{"q":"x"}' });
  const host = new URL(callee.url).host;
  expect(told).toEqual([`tool invoke error: ${host} answered 500 Internal Server Error: out of order`]);
});

test('a service that refuses the owner’s key, and a built-in tool that has none', async () => {
  callee.reply({ status: 401, body: 'who are you?' });
  const { observed } = await turnWith(
    { name: 'lookup', arguments: '{"q":"x"}' },
    { name: 'tavily_search', arguments: '{"query":"x"}' },
  );
  expect(observed.lookup).toMatch(/^Please check your tool provider credentials: .*401 Unauthorized/);
  expect(observed.tavily_search).toMatch(/^Please check your tool provider credentials: .*tavily/i);
});

test('of two calls one fails: the other’s result stands', async () => {
  callee.reply({ status: 500 });
  const { told } = await turnWith(
    { name: 'lookup', arguments: '{"q":"x"}' },
    { name: 'weekday', arguments: '{"year":2024,"month":1,"day":5}' },
  );
  expect(told).toEqual([expect.stringMatching('^tool invoke error: '), 'January 5, 2024 is Friday.']);
});

test('a tool that hangs ends at its timeout, measured where it hangs', async () => {
  callee.reply({ hold: 'headers' });
  provider.reply(
    inTurn({ toolCalls: [{ name: 'lookup_hasty', arguments: '{"q":"slow"}' }] }, { tokens: ['Never mind.'] }),
  );
  const reader = await streamChat(parley, {}, 'agent');
  const request = await callee.nextRequest(({ path }) => path.endsWith('q=slow'));
  const came = performance.now();
  const left = await request.left();
  expect(left - came).toBeLessThan(1_000);
  const [thought] = thoughtsIn(await reader.readAll());
  expect(thought && observationOf(thought)).toEqual({
    lookup_hasty: 'tool invoke error: the tool did not answer within 150 ms',
  });
});

test('what the author sets is not the model’s to set, also where the author left it open', async () => {
  const { told } = await turnWith({
    name: 'current_time',
    arguments: '{"timezone":"Asia/Tokyo","format":"%Y"}',
  });
  expect(told).toEqual(['UTC +0000']);
  const offered = provider.requests.at(-1)?.tools.find(({ name }) => name === 'current_time');
  expect(offered?.parameters).toMatchObject({ type: 'object', properties: {} });
});

test('tools of one name are told apart', async () => {
  provider.reply({ tokens: ['ok'] });
  await (await streamChat(parley, {}, 'agent')).readAll();
  expect(provider.requests.at(-1)?.tools.map(({ name }) => name)).toEqual([
    ...['weekday', 'current_time', 'tavily_search', 'lookup', 'lookup_hasty'],
  ]);
});

test('a very long result is cut for the model, in words that say so', async () => {
  callee.reply({ body: `${'x'.repeat(99_999)}🥊${'y'.repeat(50_000)}` });
  const { told } = await turnWith({ name: 'lookup', arguments: '{"q":"x"}' });
  const [text] = told as [string];
  expect(text.startsWith('x'.repeat(99_999))).toBe(true);
  expect(text.isWellFormed()).toBe(true);
  expect(text).toMatch(/\(cut: the tool answered 150001 characters\)$/);
});

test('NUL, written out or as it is, breaks neither the run nor the database', async () => {
  callee.reply({ body: 'found \0 it' });
  const { told, thought } = await turnWith(
    { name: 'lookup', arguments: '{"q":"a\\u0000b"}' },
    { name: 'tele\0port', arguments: '{"x":"\0"}' },
  );
  expect(told).toEqual([
    expect.stringMatching(/^found .? ?it$/),
    expect.stringMatching(/^there is not a tool/),
  ]);
  expect(thought.tool).toBe('lookup;teleport');
  expect(thought.observation).not.toContain('\\u0000');
});
