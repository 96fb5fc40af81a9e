import * as z from 'zod';
import { defineRoute } from '../route.ts';
import { success } from '../schema.ts';

/**
 * Seeds 000 and 001, `facts/dify-wire.md` §4: the answer is always success; only the owner's own running task stops. Foreign,
 * unknown and ended tasks are left alone without a word.
 */
const options = {
  method: 'POST',
  user: { in: 'body', required: true },
  params: z.object({ task_id: z.string() }),
  body: { name: 'StopPayload', schema: z.object({}) },
  response: { status: 200, schema: success },
} as const;

export const stopChatMessage = defineRoute({
  ...options,
  path: '/chat-messages/:task_id/stop',
  summary: 'Stop a chat answer',
  tag: 'Chat',
  modes: 'chat',
  async handle({ parts, owner }, { params }) {
    parts.runs.stop(owner, params.task_id);
    return { result: 'success' };
  },
});

export const stopWorkflow = defineRoute({
  ...options,
  path: '/workflows/tasks/:task_id/stop',
  summary: 'Stop a workflow',
  tag: 'Workflow',
  modes: 'workflow',
  async handle({ parts, owner }, { params }) {
    parts.runs.stop(owner, params.task_id);
    return { result: 'success' };
  },
});

export const stopCompletionMessage = defineRoute({
  ...options,
  path: '/completion-messages/:task_id/stop',
  summary: 'Stop a completion',
  tag: 'Completion',
  modes: 'completion',
  async handle({ parts, owner }, { params }) {
    parts.runs.stop(owner, params.task_id);
    return { result: 'success' };
  },
});
