import * as z from 'zod';
import { methodsOf } from '../../src/surfaces/coze/coze-surface.ts';
import type { CozeRoute } from '../../src/surfaces/coze/route.ts';
import { cozeRoutes } from '../../src/surfaces/coze/routes/index.ts';
import type { TestCoze } from '../support/parley/coze.ts';
import { type CozeThings, objectString } from './coze-victim.ts';

/** Every route by every method. */
export const calls = cozeRoutes.flatMap((route) =>
  methodsOf(route).map((method) => [`${method} ${route.path}`, route, method] as const),
);

/** Which of `CozeThings` a route asks for. */
export function namedBy({ params, query, body }: CozeRoute): (keyof CozeThings)[] {
  const names = [params, query, body].flatMap((schema) =>
    schema instanceof z.ZodObject ? Object.keys(schema.shape) : [],
  );
  if (['additional_messages', 'messages', 'content'].some((name) => names.includes(name)))
    names.push('file_id');
  return THINGS.filter((name) => names.includes(name));
}

const THINGS = ['bot_id', 'conversation_id', 'chat_id', 'message_id', 'file_id'] as const;

export interface CozeRequest {
  readonly path: string;
  readonly init: RequestInit;
}

/** Where a request names things; what is left out is not named, or in the body that the route takes. */
export function requestFor(
  route: CozeRoute,
  method: string,
  things: CozeThings,
  more: object = {},
): CozeRequest {
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => {
    const id = things[name as keyof CozeThings];
    if (id === undefined) throw new Error(`the security tests know no ${name} for ${route.path}`);
    return encodeURIComponent(id.toWellFormed());
  });
  // More than any one route reads; each ignores what it does not know.
  const query = new URLSearchParams({
    bot_id: things.bot_id,
    conversation_id: things.conversation_id,
    chat_id: things.chat_id,
    message_id: things.message_id,
    file_id: things.file_id,
    connector_uid: things.user,
  });
  const address = `${path}?${query}`;
  if (method === 'GET') return { path: address, init: { method } };
  if (route.body === 'multipart') {
    const form = new FormData();
    const type = route.path.includes('audio') ? 'audio/mpeg' : 'image/png';
    form.append('file', new Blob(['data'], { type }), 'a.mp3');
    return { path: address, init: { method, body: form } };
  }
  const body = { ...fields(route, things), ...more };
  return {
    path: address,
    init: { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
  };
}

/** What the routes read of a body. */
function fields({ path }: CozeRoute, things: CozeThings): Record<string, unknown> {
  const { bot_id, conversation_id, chat_id, message_id, file_id, user } = things;
  const picture = objectString({ type: 'text', text: 'see' }, { type: 'image', file_id });
  if (path.endsWith('/message/list')) return { chat_id, after_id: message_id, before_id: message_id };
  if (path.endsWith('/message/modify'))
    return message_id === things.question_id ? picture : { content: 'changed', content_type: 'text' };
  if (path === '/v1/audio/speech') return { input: 'say it', voice_id: 'nova' };
  return {
    bot_id,
    chat_id,
    conversation_id,
    user_id: user,
    connector_uid: user,
    stream: false,
    additional_messages: [picture],
    messages: [picture],
    tool_outputs: [{ tool_call_id: '1', output: 'x' }],
    feedback_type: 'unlike',
    name: 'renamed',
    data: [{ keyword: 'secret', value: 'changed' }],
    ...picture,
  };
}

export interface Answered {
  readonly status: number;
  readonly text: string;
  /** -1 of an answer that is no JSON. */
  readonly code: number;
}

export async function ask(
  coze: TestCoze,
  { path, init }: CozeRequest,
  authorization: string | null,
): Promise<Answered> {
  const headers = new Headers(init.headers);
  if (authorization !== null) headers.set('authorization', authorization);
  const response = await fetch(coze.url + path, { ...init, headers });
  const text = await response.text();
  const json = response.headers.get('content-type')?.startsWith('application/json');
  return { status: response.status, text, code: json ? (JSON.parse(text) as { code: number }).code : -1 };
}

/** An answer without what differs from one request to the next: its log id, and the ids that it was asked with. */
export function plain(text: string, things: CozeThings): string {
  let said = text.replace(/"logid":"[^"]*"/, '"logid":""');
  for (const [name, id] of Object.entries(things)) said = said.replaceAll(id, `<${name}>`);
  return said;
}
