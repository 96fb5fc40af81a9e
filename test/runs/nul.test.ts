import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { storedTurn } from '../support/parley/stored-runs.ts';
import {
  answered,
  firstEvent,
  sendChat,
  stop,
  streamChat,
  textOf,
  type Wire,
} from '../support/parley/turns.ts';

let provider: MockProvider;
let parley: TestParley;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  parley = await startParley({
    apps: {
      chat: chatApp(),
      moderated: chatApp({
        sensitive_word_avoidance: {
          enabled: true,
          type: 'keywords',
          config: {
            keywords: 'forbidden',
            inputs_config: { enabled: false, preset_response: '' },
            outputs_config: { enabled: true, preset_response: 'No\0pe.' },
          },
        },
      }),
    },
    provider: provider.baseUrl,
  });
  store = await openTestStore(parley);
});
afterAll(async () => {
  await store.destroy();
  await parley.close();
  await provider.close();
});

const SAID = ['a', 'b\0c', '\0', 'd\0'];

test('streaming: NUL in an answer is neither sent nor stored', async () => {
  provider.reply({ tokens: SAID });
  const events = await (await streamChat(parley)).readAll();
  expect(textOf(events)).toBe('abcd');
  expect(events.at(-1)?.event).toBe('message_end');
  expect(JSON.stringify(events)).not.toContain('\\u0000');
  const turn = await storedTurn(store, events[0]?.message_id);
  expect(turn).toMatchObject({ run: 'succeeded', status: 'normal', answer: 'abcd' });
});

test('blocking: the same, and the conversation remembers what was kept', async () => {
  provider.reply({ tokens: SAID });
  const body = await answered(sendChat(parley, { response_mode: 'blocking' }));
  expect(body.answer).toBe('abcd');
  expect(await storedTurn(store, body.message_id)).toMatchObject({ run: 'succeeded', answer: 'abcd' });
  provider.reply({});
  await answered(sendChat(parley, { query: 'And?', conversation_id: body.conversation_id }));
  expect(provider.requests.at(-1)?.body?.messages).toMatchObject([{}, { content: 'abcd' }, {}]);
});

test('a stopped answer keeps what was said of it', async () => {
  provider.reply({ gate: true });
  const reader = await streamChat(parley);
  const upstream = await provider.nextRequest((request) => !request.isOver);
  upstream.send('a\0b');
  const first = await firstEvent(reader);
  await stop(parley, first.task_id);
  await reader.readAll();
  expect(await storedTurn(store, first.message_id)).toMatchObject({ run: 'stopped', answer: 'ab' });
});

test('an answer of nothing but NUL is an empty one', async () => {
  provider.reply({ tokens: ['\0'] });
  const body = await answered(sendChat(parley));
  expect(body.answer).toBe('');
  expect(await storedTurn(store, body.message_id)).toMatchObject({ run: 'succeeded', answer: '' });
});

test('NUL in reasoning, in a replaced answer, in a title and in an error is stored without it', async () => {
  provider.reply({ reasoning: ['th\0ink'], tokens: ['x'] });
  const thought = await answered(sendChat(parley));
  expect((await storedTurn(store, thought.message_id)).answer).toContain('think');

  provider.reply({ tokens: ['this is forbidden'] });
  const replaced = await (await streamChat(parley, {}, 'moderated')).readAll();
  expect(await storedTurn(store, replaced[0]?.message_id)).toMatchObject({ run: 'succeeded' });
  expect(textOf(replaced)).not.toContain('\0');

  provider.reply({ tokens: ['A ti\0tle'] });
  const titled = await answered(sendChat(parley, { auto_generate_name: true, query: 'name me' }));
  const name = () =>
    store.selectFrom('conversations').select('name').where('id', '=', titled.conversation_id).execute();
  await expect.poll(name).toEqual([{ name: 'A title' }]);

  provider.reply({ status: 400, error: { message: 'bad \0 request', type: 'x' } });
  const events = (await (await streamChat(parley)).readAll()) as Wire[];
  expect(events.at(-1)?.event).toBe('error');
  const failed = await storedTurn(store, events.at(-1)?.message_id);
  expect(failed).toMatchObject({ run: 'failed', status: 'error' });
  expect(failed.error).not.toContain('\0');
});

test('no run is left running, and nothing failed unexpectedly', async () => {
  expect(await store.selectFrom('runs').select('id').where('status', '=', 'running').execute()).toEqual([]);
  expect(parley.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});
