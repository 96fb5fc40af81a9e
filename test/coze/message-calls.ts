import type { ChatV3Message } from '@coze/api';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import { botId, type Wire, wholeChat } from './chats.ts';

/** An id that nothing has. */
export const UNKNOWN = '7382159487131697202';
/** What the mock provider answers unless it is told otherwise. */
export const ANSWER = 'Hello from the mock provider.';
export const IMAGE = 'https://x.example/a.png';

/** A server with bots that take files (`chat`), none (`blind`), and suggest questions (`curious`). */
export async function startTalking(): Promise<{ coze: TestCoze; provider: MockProvider }> {
  const provider = await startMockProvider();
  const coze = await startCoze({
    apps: {
      chat: chatApp({ file_upload: { enabled: true, allowed_file_types: [], number_limits: 3 } }),
      blind: chatApp(),
      curious: chatApp({ suggested_questions_after_answer: { enabled: true } }),
    },
    provider: provider.baseUrl,
    config: {
      keys: [{ key: 'pat_blind', bots: ['blind'] }, { key: 'pat_too' }, { key: 'pat_r', scopes: ['chat'] }],
    },
  });
  return { coze, provider };
}

/** Lets chats of `curious` suggest one question. */
export function suggest(provider: MockProvider): void {
  provider.reply(({ body }) =>
    JSON.stringify(body?.messages).includes('predict') ? { tokens: ['["Why?"]'] } : {},
  );
}

export const messagesApi = (coze: TestCoze) => coze.client.conversations.messages;

export const newConversation = async (coze: TestCoze, app = 'chat') =>
  (await coze.client.conversations.create({ bot_id: botId(app) })).id;

/** A message put into a conversation. */
export const put = (coze: TestCoze, id: string, content: string, role: 'user' | 'assistant' = 'user') =>
  messagesApi(coze).create(id, { role, content, content_type: 'text' } as never);

/** All messages of a conversation, oldest first. */
export const listed = async (coze: TestCoze, id: string): Promise<ChatV3Message[]> =>
  (await messagesApi(coze).list(id, { order: 'asc' })).data;

export const contents = async (coze: TestCoze, id: string) =>
  (await listed(coze, id)).map(({ content }) => content);

/** A conversation of one turn, of an end user of its own. */
export async function oneTurn(coze: TestCoze, text = 'Hi', app = 'chat') {
  const chat = await wholeChat(coze, text, { app, user_id: `user of ${text}` });
  const [question, answer] = (await listed(coze, chat.conversation_id)) as [ChatV3Message, ChatV3Message];
  return { id: chat.conversation_id, chat, question, answer };
}

export const messagePath = (call: string, id: string, message: string) =>
  `/v1/conversation/message/${call}?conversation_id=${id}&message_id=${message}`;

export const retrieve = (coze: TestCoze, id: string, message: string) =>
  coze.request('GET', messagePath('retrieve', id, message));

export const modify = (coze: TestCoze, id: string, message: string, body: unknown) =>
  coze.request('POST', messagePath('modify', id, message), body);

export const remove = (coze: TestCoze, id: string, message: string) =>
  coze.request('POST', messagePath('delete', id, message));

export const feedback = (coze: TestCoze, method: string, id: string, message: string, body?: unknown) =>
  coze.request(method, `/v1/conversations/${id}/messages/${message}/feedback`, body);

/** What the model was told last: text, or the message where it has files. */
export function told(provider: MockProvider): unknown[] {
  const sent = provider.requests.at(-1)?.body?.messages ?? [];
  return sent.map(({ role, content }) =>
    typeof content === 'string' ? `${role}: ${content}` : { role, content },
  );
}

/** The turns of the one conversation of a Dify user with `chat`. */
export async function difyTurns(coze: TestCoze, name: string): Promise<Wire[]> {
  const get = async (path: string): Promise<Wire[]> => {
    const response = await coze.parley.request('chat', 'GET', `${path}user=${encodeURIComponent(name)}`);
    return ((await response.json()) as { data: Wire[] }).data;
  };
  const [conversation] = await get('/conversations?');
  return get(`/messages?conversation_id=${conversation?.id}&`);
}
