import * as z from 'zod';
import { defineRoute } from '../route.ts';
import { completionAnswer, fileMappings, inputsObject } from '../schema.ts';
import { startRun } from '../start-run.ts';

/** Body of POST /completion-messages (seed 004, `facts/dify-wire.md` §7.2). */
const CompletionRequestPayload = z.object({
  inputs: inputsObject,
  query: z.string().default(''),
  response_mode: z.enum(['blocking', 'streaming']).nullish(),
  files: fileMappings.nullish(),
});

export const sendCompletionMessage = defineRoute({
  method: 'POST',
  path: '/completion-messages',
  summary: 'Send a completion message',
  tag: 'Completion',
  modes: 'completion',
  user: { in: 'body', required: true },
  body: { name: 'CompletionRequestPayload', schema: CompletionRequestPayload },
  response: { status: 200, run: completionAnswer },
  handle: (context, { body }) =>
    startRun(context, body.response_mode ?? 'blocking', {
      query: body.query,
      inputs: body.inputs,
      files: body.files ?? [],
      conversationId: null,
      autoGenerateName: false,
    }),
});
