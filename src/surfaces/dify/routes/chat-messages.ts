import * as z from 'zod';
import { defineRoute } from '../route.ts';
import { chatAnswer, inputsObject, looseBoolean, optionalUuid, success } from '../schema.ts';
import { startRun } from '../start-run.ts';

/** Body of POST /chat-messages (`facts/dify-wire.md` §7.1). */
const ChatRequestPayload = z.object({
  inputs: inputsObject,
  query: z.string(),
  response_mode: z.enum(['blocking', 'streaming']).nullish(),
  conversation_id: optionalUuid('conversation_id'),
  files: z.array(z.record(z.string(), z.unknown())).nullish(),
  auto_generate_name: looseBoolean.default(true),
});

export const sendChatMessage = defineRoute({
  method: 'POST',
  path: '/chat-messages',
  summary: 'Send a chat message',
  tag: 'Chat',
  modes: 'chat',
  user: { in: 'body', required: true },
  body: { name: 'ChatRequestPayload', schema: ChatRequestPayload },
  response: { status: 200, run: chatAnswer },
  handle: (context, { body }) =>
    startRun(context, body.response_mode ?? 'blocking', {
      query: body.query,
      inputs: body.inputs,
      files: body.files ?? [],
      conversationId: body.conversation_id,
      autoGenerateName: body.auto_generate_name,
    }),
});

/** `facts/dify-wire.md` §4: always success; only the owner's own running task stops. */
export const stopChatMessage = defineRoute({
  method: 'POST',
  path: '/chat-messages/:task_id/stop',
  summary: 'Stop a chat answer',
  tag: 'Chat',
  modes: 'chat',
  user: { in: 'body', required: true },
  params: z.object({ task_id: z.string() }),
  body: { name: 'StopPayload', schema: z.object({}) },
  response: { status: 200, schema: success },
  async handle({ parts, owner }, { params }) {
    parts.runs.stop(owner, params.task_id);
    return { result: 'success' };
  },
});
