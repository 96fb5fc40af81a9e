import * as z from 'zod';
import { defineRoute } from '../route.ts';
import { chatAnswer, fileMappings, inputsObject, looseBoolean, optionalUuid } from '../schema.ts';
import { startRun } from '../start-run.ts';

/** Body of POST /chat-messages (`facts/dify-wire.md` §7.1). */
const ChatRequestPayload = z.object({
  inputs: inputsObject,
  query: z.string(),
  response_mode: z.enum(['blocking', 'streaming']).nullish(),
  conversation_id: optionalUuid('conversation_id'),
  files: fileMappings.nullish(),
  auto_generate_name: looseBoolean.default(true),
  /** Of a chatflow; other apps have no such versions. */
  workflow_id: z.string().nullish(),
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
      workflowId: body.workflow_id ?? null,
    }),
});
