import { afterAll, beforeAll, expect, test } from 'vitest';
import { inTurn } from '../support/mock-provider/in-turn.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { sendChat, streamChat, type Wire } from '../support/parley/turns.ts';
import { hasDifySpec, responseProblems, streamProblems } from '../support/spec/dify-spec.ts';
import { textParameter, writeOpenApi } from '../support/tools/openapi-document.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';

const DRAW = { name: 'draw', arguments: '{"q":"a cat"}' };

let provider: MockProvider;
let callee: Callee;
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  callee = await startCallee({ body: new Uint8Array([1]), headers: { 'content-type': 'image/png' } });
  document = await writeOpenApi(callee.url, { draw: { path: '/draw', parameters: [textParameter('q')] } });
  const tools = [{ type: 'api', provider: 'service', tool: 'draw' }];
  const keywords = { keywords: 'bomb', outputs_config: { enabled: true, preset_response: 'No.' } };
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      agent: agentApp(tools, {
        text_to_speech: { enabled: true, voice: 'nova', language: 'en-US', autoPlay: 'enabled' },
        sensitive_word_avoidance: { enabled: true, type: 'keywords', config: keywords },
      }),
      react: agentApp(tools, { agent: { strategy: 'react' } }),
    },
    config: { tools: [{ name: 'service', openapi: document.file }] },
  });
});
afterAll(async () => {
  await parley.close();
  await document.remove();
  await callee.close();
  await provider.close();
});

/** Everything that the turns of an agent can come to: their events and their entries in the list. */
async function turns(): Promise<{ events: Wire[]; lists: { app: string; body: unknown }[] }> {
  const action = JSON.stringify({ action: 'draw', action_input: 'a cat' });
  const scripts = [
    [
      'agent',
      inTurn({ tokens: ['I draw.'], toolCalls: [DRAW, { name: 'teleport' }] }, { tokens: ['There.'] }),
    ],
    ['agent', inTurn({ tokens: ['A bomb.'], toolCalls: [DRAW] })],
    ['agent', inTurn({ toolCalls: [DRAW] })],
    ['react', inTurn({ tokens: [`Thought: I draw.\n${action}`] }, { tokens: ['There.'] })],
  ] as const;
  const events: Wire[] = [];
  const lists: { app: string; body: unknown }[] = [];
  for (const [app, script] of scripts) {
    provider.reply((request) =>
      request.path.includes('speech') || typeof script !== 'function' ? {} : script(request),
    );
    const told = (await (await streamChat(parley, {}, app)).readAll()) as Wire[];
    const path = `/messages?user=u1&conversation_id=${told[0]?.conversation_id}`;
    lists.push({ app, body: await (await parley.request(app, 'GET', path)).json() });
    events.push(...told);
  }
  return { events, lists };
}

test('every event and every list is as the published document says', async () => {
  const { events, lists } = await turns();
  expect(new Set(events.map(({ event }) => event))).toEqual(
    new Set([
      ...['agent_thought', 'agent_message', 'message_file', 'message_replace', 'message_end'],
      ...['tts_message', 'tts_message_end', 'error'],
    ]),
  );
  expect(streamProblems('ChunkChatEvent', events)).toEqual([]);
  for (const { body } of lists) expect(responseProblems('get', '/messages', 200, body)).toEqual([]);
  for (const path of ['/parameters', '/meta', '/info'])
    expect(
      responseProblems('get', path, 200, await (await parley.request('agent', 'GET', path)).json()),
      path,
    ).toEqual([]);
  const refused = await sendChat(parley, { response_mode: 'blocking' }, 'agent');
  expect(responseProblems('post', '/chat-messages', 400, await refused.json())).toEqual([]);
});

test.skipIf(!hasDifySpec)('which finds what is wrong with a thought', async () => {
  const { events } = await turns();
  const thought = events.find(({ event }) => event === 'agent_thought') as Wire;
  const { tool_input: _, ...without } = thought;
  expect(streamProblems('ChunkChatEvent', [without])).toEqual(['agent_thought: tool_input is missing']);
  expect(streamProblems('ChunkChatEvent', [{ ...thought, position: 'first' }])).not.toEqual([]);
});
