import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../../support/parley/apps.ts';
import { openTestStore } from '../../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { answered, firstEvent, sendChat, streamChat } from '../../support/parley/turns.ts';

const UNAVAILABLE = {
  code: 'app_unavailable',
  message: 'App unavailable, please check your app configurations.',
  status: 400,
};

let provider: MockProvider;
let parley: TestParley;

const field = (variable: string) => ({ 'text-input': { label: variable, variable, required: true } });
const before = named(
  'Before',
  chatApp({
    pre_prompt: 'You serve {{name}}.',
    opening_statement: 'Old welcome',
    user_input_form: [field('name')],
  }),
);
const after = named(
  'After',
  chatApp({ pre_prompt: 'You live in {{city}}.', user_input_form: [field('city')] }),
);

function named(name: string, dsl: string): string {
  return dsl.replace('Test chat', name);
}

beforeAll(async () => {
  provider = await startMockProvider();
});
afterAll(() => provider.close());
beforeEach(async () => {
  provider.reply();
  parley = await startParley({ apps: { chat: before }, provider: provider.baseUrl });
  return () => parley.close();
});

/** Saves another definition and waits until it is served. */
async function rewrite(dsl: string, name: string): Promise<void> {
  await writeFile(join(parley.appsDir, 'chat.yml'), dsl);
  const served = async () => ((await (await parley.request('chat', 'GET', '/info')).json()) as object) ?? {};
  await expect.poll(served, { interval: 10, timeout: 10_000 }).toMatchObject({ name });
}

function lastSystem(): unknown {
  return provider.requests.at(-1)?.body?.messages?.[0]?.content;
}

async function begin(): Promise<string> {
  return (await answered(sendChat(parley, { inputs: { name: 'Ada' } }))).conversation_id;
}

async function expectBefore(conversation_id: string): Promise<void> {
  const refused = await sendChat(parley, { conversation_id, inputs: { city: 'Rome' } });
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({ message: 'name is required in input form' });
  await answered(sendChat(parley, { conversation_id, inputs: { name: 'Bob' } }));
  expect(lastSystem()).toBe('You serve Bob.');
}

async function expectAfter(conversation_id?: string): Promise<string> {
  const refused = await sendChat(parley, { conversation_id, inputs: { name: 'Ada' } });
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({ message: 'city is required in input form' });
  const turn = await answered(sendChat(parley, { conversation_id, inputs: { city: 'Rome' } }));
  expect(lastSystem()).toBe('You live in Rome.');
  return turn.conversation_id;
}

test('a conversation goes on with the app as it was when it began, new ones have the new one', async () => {
  const old = await begin();
  await rewrite(after, 'After');
  await expectBefore(old);
  const young = await expectAfter();
  await expectBefore(old);

  await parley.restart();
  await expectBefore(old);
  await expectAfter(young);
  await expectAfter();

  // A third definition, and the first one once more.
  await rewrite(named('Third', chatApp({ pre_prompt: 'Third.' })), 'Third');
  await expectBefore(old);
  await expectAfter(young);
  await rewrite(before, 'Before');
  await expectBefore(old);
  await expectAfter(young);
});

test('the settings of the owner are those of today', async () => {
  const old = await begin();
  await rewrite(after, 'After');
  await parley.restart({ app_settings: { chat: { on_disconnect: 'stop' } } });
  provider.reply({ gate: true });
  const turn = { conversation_id: old, inputs: { name: 'Ada' } };
  const reader = await streamChat(parley, turn);
  const upstream = await provider.nextRequest((request) => !request.isOver);
  upstream.send('x');
  await firstEvent(reader);
  await reader.cancel();
  await upstream.aborted();
});

test.each(['blocking', 'streaming'])(
  'a definition that is gone is 400 app_unavailable (%s), and nothing else is affected',
  async (response_mode) => {
    const old = await begin();
    const store = await openTestStore(parley);
    const deleted = await store.deleteFrom('app_versions').executeTakeFirstOrThrow();
    await store.destroy();
    expect(Number(deleted.numDeletedRows)).toBe(1);
    // While the file still says the same, nothing is missing.
    await answered(sendChat(parley, { conversation_id: old, inputs: { name: 'Ada' } }));

    await rewrite(after, 'After');
    const asked = provider.requests.length;
    const response = await sendChat(parley, {
      conversation_id: old,
      inputs: { name: 'Ada' },
      response_mode,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual(UNAVAILABLE);
    expect(provider.requests.length).toBe(asked);
    await expectAfter();
  },
);
