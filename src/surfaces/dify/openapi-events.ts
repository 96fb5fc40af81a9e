import * as z from 'zod';
import type { DifyRoute } from './route.ts';
import { usageObject } from './schema.ts';

/** What most of a workflow's events say, beside what each says of its own. */
const node = {
  id: z.string(),
  node_id: z.string(),
  node_type: z.string(),
  title: z.string(),
  created_at: z.int(),
};
const values = z.record(z.string(), z.unknown());
const ended = {
  outputs: values.nullable(),
  status: z.string(),
  error: z.string().nullable(),
  elapsed_time: z.number(),
};
const round = { iteration_id: z.string().nullable(), loop_id: z.string().nullable() };
const execution = {
  ...node,
  ...ended,
  ...round,
  index: z.int(),
  inputs: values.nullable(),
  process_data: values.nullable(),
  execution_metadata: values,
  finished_at: z.int(),
  files: z.array(values),
};

/** Events of a workflow by name: when they come, and what stands in `data` (`facts/dify-wire.md` §3.4). */
const WORKFLOW_EVENTS: Readonly<Record<string, readonly [when: string, data: z.ZodRawShape]>> = {
  workflow_started: [
    'The workflow begins.',
    { id: z.uuid(), workflow_id: z.uuid(), inputs: values, created_at: z.int(), reason: z.string() },
  ],
  node_started: ['A node begins.', { ...node, ...round, index: z.int(), inputs: z.null(), extras: values }],
  node_finished: ['A node has ended.', execution],
  node_retry: ['A node failed and is tried again.', { ...execution, retry_index: z.int() }],
  iteration_started: ['An iteration begins.', { ...node, inputs: values, metadata: values }],
  iteration_next: ['Its next round begins.', { ...node, index: z.int() }],
  iteration_completed: ['It has ended.', { ...node, ...ended, total_tokens: z.int(), steps: z.int() }],
  loop_started: ['A loop begins.', { ...node, inputs: values, metadata: values }],
  loop_next: ['Its next round begins.', { ...node, index: z.int(), pre_loop_output: values }],
  loop_completed: ['It has ended.', { ...node, ...ended, total_tokens: z.int(), steps: z.int() }],
  agent_log: [
    'What an agent node does.',
    {
      node_execution_id: z.string(),
      node_id: z.string(),
      id: z.string(),
      label: z.string(),
      status: z.string(),
    },
  ],
  workflow_finished: [
    'The workflow has ended, however it did; in a workflow’s stream nothing follows.',
    {
      id: z.uuid(),
      workflow_id: z.uuid(),
      ...ended,
      total_tokens: z.int(),
      total_steps: z.int(),
      created_by: z.object({ id: z.uuid(), user: z.string() }),
      created_at: z.int(),
      finished_at: z.int(),
      exceptions_count: z.int(),
      files: z.array(values),
    },
  ],
};

/** Server-sent events of a route's runs (`facts/dify-wire.md` §3.4). */
export function streamEvents(route: DifyRoute): z.ZodType {
  return route.modes === 'workflow' ? workflowEvents() : chatEvents(route);
}

function chatEvents(route: DifyRoute): z.ZodType {
  const chat = route.modes === 'chat';
  const ids = {
    ...(chat ? { conversation_id: z.uuid() } : {}),
    message_id: z.uuid(),
    created_at: z.int(),
    task_id: z.string(),
  };
  const { task_id: _, ...idsOfError } = ids;
  const metadata = z.object({
    annotation_reply: z.null(),
    retriever_resources: z.array(z.unknown()),
    usage: usageObject,
  });
  return z.union([
    event('message', 'The next piece of the answer.', { ...ids, id: z.uuid(), answer: z.string() }),
    event('message_replace', 'Moderation withdrew the answer so far; this stands in its place.', {
      ...ids,
      answer: z.string(),
      reason: z.string(),
    }),
    event('tts_message', 'A piece of the spoken answer, base64 of MP3.', { ...ids, audio: z.string() }),
    event('message_end', 'The answer is complete, or was stopped.', { ...ids, id: z.uuid(), metadata }),
    event('tts_message_end', 'The spoken answer is complete.', { ...ids, audio: z.literal('') }),
    event('error', 'The run failed; nothing follows.', { ...idsOfError, ...errorFields }),
    ...(chat ? ofWorkflow({ ...ids, workflow_run_id: z.uuid() }, 'Of chatflows: ') : []),
  ]);
}

function workflowEvents(): z.ZodType {
  const ids = { workflow_run_id: z.uuid(), task_id: z.string() };
  return z.union([
    event('text_chunk', 'A piece of an output.', {
      ...ids,
      data: z.object({ text: z.string(), from_variable_selector: z.array(z.string()) }),
    }),
    event('text_replace', 'Moderation withdrew the text so far; this stands in its place.', {
      ...ids,
      data: z.object({ text: z.string() }),
    }),
    event('tts_message', 'A piece of the spoken text, base64 of MP3.', { ...ids, audio: z.string() }),
    event('tts_message_end', 'The spoken text is complete.', { ...ids, audio: z.literal('') }),
    event('error', 'The run failed before the workflow began; nothing follows.', {
      workflow_run_id: z.uuid(),
      ...errorFields,
    }),
    ...ofWorkflow(ids, ''),
  ]);
}

const errorFields = { code: z.string(), status: z.int(), message: z.string() };

function ofWorkflow(ids: z.ZodRawShape, whose: string): z.ZodType[] {
  return Object.entries(WORKFLOW_EVENTS).map(([name, [when, data]]) =>
    event(name, whose + when, { ...ids, data: z.object(data) }),
  );
}

function event(name: string, when: string, fields: z.ZodRawShape): z.ZodType {
  return z.object({ event: z.literal(name), ...fields }).meta({ title: name, description: when });
}
