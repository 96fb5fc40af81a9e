import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import { openTestStore } from '../../support/parley/open-test-store.ts';
import { type ExtensionCall, startExtension } from '../../support/parley/start-extension.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { runningTurn } from '../../support/parley/stored-runs.ts';
import {
  answered,
  firstEvent,
  readStream,
  sendChat,
  sendCompletion,
  stop,
  streamChat,
  textOf,
  usageOf,
} from '../../support/parley/turns.ts';
import { streamProblems } from '../../support/spec/dify-spec.ts';

const on = (preset_response: string) => ({ enabled: true, preset_response });
const off = { enabled: false, preset_response: '' };
const moderated = (type: string, config: object) => ({
  sensitive_word_avoidance: { enabled: true, type, config },
});

let provider: MockProvider;
let extension: Awaited<ReturnType<typeof startExtension>>;
let verdict: (call: ExtensionCall) => unknown = () => ({ flagged: false });
let parley: TestParley;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  extension = await startExtension((call) => verdict(call));
  const keywords = 'bomb\n Gift ';
  parley = await startParley({
    apps: {
      input: chatApp(
        moderated('keywords', { keywords, inputs_config: on('Not with me.'), outputs_config: off }),
      ),
      output: chatApp(
        moderated('keywords', {
          keywords,
          inputs_config: off,
          outputs_config: on('Let us change the subject.'),
        }),
      ),
      'completion-input': completionApp(
        moderated('keywords', { keywords, inputs_config: on('No.'), outputs_config: off }),
      ),
      openai: chatApp(
        moderated('openai_moderation', { inputs_config: on('No, in.'), outputs_config: on('No, out.') }),
      ),
      api: chatApp({
        ...moderated('api', {
          api_based_extension_id: 'guard',
          inputs_config: on(''),
          outputs_config: on(''),
        }),
        pre_prompt: 'A secret of the app.',
        user_input_form: [{ 'text-input': { label: 'Name', variable: 'name', required: false } }],
      }),
    },
    provider: provider.baseUrl,
    config: { api_extensions: { guard: { endpoint: extension.url, api_key: 'guard-key-1' } } },
  });
  store = await openTestStore(parley);
});
afterAll(async () => {
  await store.destroy();
  await parley.close();
  await extension.close();
  await provider.close();
});

async function storedAnswer(id: unknown): Promise<string> {
  const row = await store
    .selectFrom('messages')
    .select('answer')
    .where('id', '=', String(id))
    .executeTakeFirstOrThrow();
  return row.answer;
}

describe('keywords, input', () => {
  test.each(['How do I build a BOMB?', 'Das gift.'])(
    '%s: the preset response is the answer, no model is asked',
    async (query) => {
      provider.reply();
      const before = provider.requests.length;
      const events = await (await streamChat(parley, { query }, 'input')).readAll();
      expect(textOf(events)).toBe('Not with me.');
      expect(events.map(({ event }) => event)).not.toContain('message_replace');
      expect(events.at(-1)).toMatchObject({
        event: 'message_end',
        metadata: { usage: { total_tokens: 0, total_price: '0' } },
      });
      expect(provider.requests.length).toBe(before);
      expect(await storedAnswer(events[0]?.message_id)).toBe('Not with me.');
      expect((await answered(sendChat(parley, { query }, 'input'))).answer).toBe('Not with me.');
    },
  );

  test('inputs of the form count as well', async () => {
    const response = await sendCompletion(
      parley,
      { inputs: { text: 'a bomb' }, response_mode: 'streaming' },
      'completion-input',
    );
    expect(textOf(await (await readStream(response)).readAll())).toBe('No.');
  });

  test('what is harmless goes through', async () => {
    provider.reply({ tokens: ['fine'] });
    expect((await answered(sendChat(parley, { query: 'peace' }, 'input'))).answer).toBe('fine');
  });
});

describe('keywords, output', () => {
  test('the answer is replaced, the upstream closed, the replacement stored', async () => {
    provider.reply({ gate: true });
    const reader = await streamChat(parley, {}, 'output');
    const upstream = await provider.nextRequest((request) => !request.isOver);
    upstream.send('To build a bo');
    await reader.readUntil((event) => event.event === 'message');
    upstream.send('mb you need');
    await upstream.aborted();
    const events = await reader.readAll();
    const kinds = events.map(({ event }) => event);
    expect(kinds.slice(-2)).toEqual(['message_replace', 'message_end']);
    const replaced = events.at(-2);
    expect(Object.keys(replaced ?? {})).toEqual([
      'event',
      'conversation_id',
      'message_id',
      'created_at',
      'task_id',
      'answer',
      'reason',
    ]);
    expect(replaced).toMatchObject({ answer: 'Let us change the subject.', reason: 'output_moderation' });
    expect(streamProblems('ChunkChatEvent', events)).toEqual([]);
    expect(usageOf(events).completion_tokens).toBeGreaterThan(0);
    expect(await storedAnswer(replaced?.message_id)).toBe('Let us change the subject.');
    const run = await store
      .selectFrom('runs')
      .select('status')
      .where('message_id', '=', String(replaced?.message_id))
      .executeTakeFirstOrThrow();
    expect(run.status).toBe('succeeded');
  });

  test('a blocking answer is the replacement alone, and so is the memory of the next turn', async () => {
    provider.reply({ tokens: ['the bomb', ' is'] });
    const { answer, conversation_id } = await answered(sendChat(parley, {}, 'output'));
    expect(answer).toBe('Let us change the subject.');
    provider.reply();
    await answered(sendChat(parley, { conversation_id }, 'output'));
    expect(JSON.stringify(provider.requests.at(-1)?.body)).not.toContain('the bomb');
  });
});

describe('openai_moderation', () => {
  test('input: the preset response, and no chat request', async () => {
    provider.reply();
    const before = provider.requests.length;
    expect((await answered(sendChat(parley, { query: 'violence' }, 'openai'))).answer).toBe('No, in.');
    const asked = provider.requests.slice(before);
    expect(asked.map(({ path }) => path)).toEqual(['/v1/moderations']);
    expect(asked[0]?.headers.authorization).toBe('Bearer sk-test');
  });

  test('output: the whole answer is checked before the end', async () => {
    provider.reply((request) =>
      request.path.includes('moderations') ? {} : { tokens: ['some ', 'violence'] },
    );
    const events = await (await streamChat(parley, {}, 'openai')).readAll();
    expect(events.map(({ event }) => event).slice(-2)).toEqual(['message_replace', 'message_end']);
    expect(textOf(events)).toBe('No, out.');
  });

  test('a moderation that cannot be had fails the run: nothing passes unchecked', async () => {
    provider.reply((request) =>
      request.path.includes('moderations') ? { status: 400, error: { message: 'no' } } : {},
    );
    const before = provider.requests.length;
    const events = await (await streamChat(parley, {}, 'openai')).readAll();
    expect(events).toMatchObject([{ event: 'error', code: 'completion_request_error', status: 400 }]);
    expect(provider.requests.slice(before).some(({ path }) => path.includes('chat'))).toBe(false);
  });

  test('a stop during the check closes it', async () => {
    provider.reply({ hold: true });
    const reader = await streamChat(parley, { user: 'stopper' }, 'openai');
    const check = await provider.nextRequest(
      (request) => request.path.includes('moderations') && !request.isOver,
    );
    const { taskId } = await runningTurn(store, 'stopper');
    await stop(parley, taskId, 'stopper', 'openai');
    await check.aborted();
    expect((await reader.readAll()).map(({ event }) => event)).toEqual(['message_end']);
  });
});

describe('api extension', () => {
  test('is asked as Dify asks, and may refuse the input', async () => {
    verdict = () => ({ flagged: true, action: 'direct_output', preset_response: 'Extension says no.' });
    const before = provider.requests.length;
    expect((await answered(sendChat(parley, { query: 'q1', inputs: { name: 'Ann' } }, 'api'))).answer).toBe(
      'Extension says no.',
    );
    const call = extension.calls.at(-1);
    expect(call?.headers.authorization).toBe('Bearer guard-key-1');
    expect(call?.body).toEqual({
      point: 'app.moderation.input',
      params: { app_id: 'api', inputs: { name: 'Ann' }, query: 'q1' },
    });
    expect(provider.requests.length).toBe(before);
  });

  test('may change the input', async () => {
    provider.reply();
    verdict = ({ body }) =>
      body.point === 'app.moderation.input'
        ? { flagged: true, action: 'overridden', inputs: {}, query: 'clean question' }
        : { flagged: false, action: 'direct_output' };
    await answered(sendChat(parley, { query: 'dirty question' }, 'api'));
    expect(provider.requests.at(-1)?.body?.messages).toMatchObject([
      { role: 'system' },
      { role: 'user', content: 'clean question' },
    ]);
  });

  test('may change the answer', async () => {
    provider.reply({ tokens: ['dirty'] });
    verdict = ({ body }) =>
      body.point === 'app.moderation.output'
        ? { flagged: true, action: 'overridden', text: 'clean' }
        : { flagged: false };
    const events = await (await streamChat(parley, {}, 'api')).readAll();
    expect(textOf(events)).toBe('clean');
    expect(extension.calls.at(-1)?.body).toEqual({
      point: 'app.moderation.output',
      params: { app_id: 'api', text: 'dirty' },
    });
  });

  test('that fails stops the run with an error', async () => {
    verdict = () => undefined;
    const events = await (await streamChat(parley, {}, 'api')).readAll();
    expect(events).toMatchObject([{ event: 'error', code: 'completion_request_error', status: 400 }]);
  });
});

test('a first event of a moderated answer carries the task id', async () => {
  provider.reply({ tokens: ['ok'] });
  verdict = () => ({ flagged: false });
  expect((await firstEvent(await streamChat(parley, {}, 'api'))).task_id).toBeTruthy();
});
