import { namedId } from '../../src/surfaces/coze/ids.ts';
import { codeOf, dataOf, type Wire, wholeChat } from '../coze/chats.ts';
import type { MockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';

/** Words that stand in everything that Alice owns, and must never reach anybody else. */
export const CANARY = 'canary-of-alice';

/** Who asks. */
export const TOKENS = {
  /** Alice's: one bot, and what it has uploaded and made itself. */
  alice: 'pat_alice',
  /** Another token of the same bot. */
  peer: 'pat_peer',
  /** A token of another bot. */
  stranger: 'pat_stranger',
} as const;

/** Names of things that a route asks for, and what else a request can name. */
export interface CozeThings {
  readonly bot_id: string;
  readonly conversation_id: string;
  readonly chat_id: string;
  /** An answer, where there is one. */
  readonly message_id: string;
  /** What was asked. */
  readonly question_id: string;
  readonly file_id: string;
  /** An end user. */
  readonly user: string;
}

const config = {
  pre_prompt: `A prompt, ${CANARY}. {{secret}}{{valueOf}}`,
  opening_statement: `An opening, ${CANARY}.`,
  user_input_form: [
    { paragraph: { label: 's', variable: 'secret', required: false, default: '' } },
    // A name that every object has.
    { paragraph: { label: 'v', variable: 'valueOf', required: false, default: '' } },
  ],
  file_upload: { image: { enabled: true, number_limits: 3, transfer_methods: ['local_file', 'remote_url'] } },
  suggested_questions_after_answer: { enabled: true },
};

/** A server with Alice's bot and another, and the three tokens. */
export function startHouse(provider: MockProvider, more: Record<string, unknown> = {}): Promise<TestCoze> {
  const other = { ...config, pre_prompt: '{{secret}}', opening_statement: '' };
  return startCoze({
    apps: { chat: chatApp(config), other: chatApp(other) },
    provider: provider.baseUrl,
    config: {
      ...more,
      keys: [
        { key: TOKENS.alice, bots: ['chat'] },
        { key: TOKENS.peer, bots: ['chat'] },
        { key: TOKENS.stranger, bots: ['other'] },
      ],
    },
  });
}

/** An upload of a picture. */
export async function upload(coze: TestCoze, token: string, name = 'a.png'): Promise<string> {
  const form = new FormData();
  form.append('file', new Blob(['data'], { type: 'image/png' }), name);
  const response = await fetch(`${coze.url}/v1/files/upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: form,
  });
  return (await dataOf<{ id: string }>(response)).id;
}

/** The same house, as somebody with this token speaks to it. */
export function as(coze: TestCoze, token: string): TestCoze {
  return {
    ...coze,
    url: coze.url,
    request: (method, path, body) => coze.request(method, path, body, { token }),
  };
}

export const objectString = (...parts: object[]) => ({
  role: 'user',
  content_type: 'object_string',
  content: JSON.stringify(parts),
});

/** A conversation with a picture and an answered chat, a variable, and a rating. */
export async function makeThings(
  coze: TestCoze,
  app: string,
  token: string,
  word = CANARY,
): Promise<CozeThings> {
  const bot_id = namedId('bot', app);
  const user = `user of ${word}`;
  const file_id = await upload(coze, token, `${word}.png`);
  const mine = as(coze, token);
  const chat = await wholeChat(mine, '', {
    app,
    user_id: user,
    meta_data: { word },
    additional_messages: [
      objectString({ type: 'text', text: `A question, ${word}.` }, { type: 'image', file_id }),
    ],
  });
  const { conversation_id } = chat;
  const listed = await dataOf<Wire[]>(
    mine.request('POST', `/v1/conversation/message/list?conversation_id=${conversation_id}`, {}),
  );
  const [answer, question] = listed;
  if (!answer || !question) throw new Error('the chat has no answer');
  const messages = { message_id: answer.id, question_id: question.id };
  const things = { bot_id, conversation_id, chat_id: chat.id, ...messages, file_id, user };
  for (const [method, path, body] of [
    [
      'POST',
      `/v1/conversations/${conversation_id}/messages/${answer.id}/feedback`,
      { feedback_type: 'like', comment: word },
    ],
    ['PUT', '/v1/variables', { bot_id, connector_uid: user, data: [{ keyword: 'secret', value: word }] }],
    ['PUT', `/v1/conversations/${conversation_id}`, { name: word }],
  ] as const) {
    if ((await codeOf(mine.request(method, path, body))) !== 0) throw new Error(`${path} failed`);
  }
  return things;
}

/** A conversation for no bot, with a message in it: the token's alone. */
export async function makeLoose(coze: TestCoze, token: string, word = CANARY): Promise<CozeThings> {
  const mine = as(coze, token);
  const file_id = await upload(coze, token, `${word}.png`);
  const { id } = await dataOf(
    mine.request('POST', '/v1/conversation/create', {
      name: word,
      messages: [objectString({ type: 'text', text: word }, { type: 'image', file_id })],
      meta_data: { word },
    }),
  );
  const [message] = await dataOf<Wire[]>(
    mine.request('POST', `/v1/conversation/message/list?conversation_id=${id}`, {}),
  );
  if (!message) throw new Error('the conversation has no message');
  const bot_id = namedId('bot', 'chat');
  const messages = { chat_id: message.id, message_id: message.id, question_id: message.id };
  return { bot_id, conversation_id: id, ...messages, file_id, user: word };
}

/** Ids of the same form and age that name nothing. */
export function unlike(things: CozeThings): CozeThings {
  const near = (id: string) => (BigInt(id) ^ (1n << 12n)).toString();
  const { bot_id, conversation_id, chat_id, message_id, question_id, file_id, user } = things;
  return {
    bot_id: near(bot_id),
    conversation_id: near(conversation_id),
    chat_id: near(chat_id),
    message_id: near(message_id),
    question_id: near(question_id),
    file_id: near(file_id),
    user,
  };
}
