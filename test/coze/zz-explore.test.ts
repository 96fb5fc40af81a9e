import { test } from 'vitest';
import { startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze } from '../support/parley/coze.ts';
import { sendChat, wholeChat, messagesOf } from './chats.ts';
test('x', async () => {
  const provider = await startMockProvider();
  const coze = await startCoze({ apps: { chat: chatApp({suggested_questions_after_answer: { enabled: true }}) }, provider: provider.baseUrl });
  console.log(await (await sendChat(coze, 'hi', { stream: true })).text());
  const r = await sendChat(coze, 'hi', { stream: true });
  console.log([...r.headers]);
  const chat = await wholeChat(coze, 'hi');
  console.log(chat, await messagesOf(coze, chat));
  for (const [m, p, b] of [['GET','/%zz'],['GET','/nope'],['GET','/v3/chat'],['POST','/v3/chat/cancel','x'.repeat(20_000_000)],['POST','/v3/chat', [1]]] as const) {
    const a = await coze.request(m, p, b);
    console.log(p, a.status, [...a.headers].map(String), await a.text());
  }
  await coze.close(); await provider.close();
});
