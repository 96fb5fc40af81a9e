import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import { botId, dataOf, wholeChat } from './chats.ts';

let provider: MockProvider;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider({ reply: { tokens: ['ok'] } });
  coze = await startCoze({
    apps: { chat: chatApp({ pre_prompt: 'The old prompt' }) },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await coze.close();
  await provider.close();
});

test('a chat runs the app as it is now, whatever version its conversation was begun with', async () => {
  const { conversation_id } = await wholeChat(coze, 'Hi');
  const prompt = () => provider.requests.at(-1)?.body?.messages?.[0]?.content;
  expect(prompt()).toBe('The old prompt');
  await writeFile(join(coze.parley.appsDir, 'chat.yml'), chatApp({ pre_prompt: 'The new prompt' }));
  await vi.waitFor(
    async () =>
      expect(
        await dataOf(coze.request('GET', `/v1/bot/get_online_info?bot_id=${botId('chat')}`)),
      ).toMatchObject({ prompt_info: { prompt: 'The new prompt' } }),
    { timeout: 10_000, interval: 50 },
  );
  await wholeChat(coze, 'Hi again', { conversation_id });
  expect(prompt()).toBe('The new prompt');
});
