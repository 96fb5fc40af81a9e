import * as z from 'zod';
import { type DifyContext, defineRoute } from '../route.ts';
import { fileMappings, inputsObject, workflowAnswer } from '../schema.ts';
import { startRun } from '../start-run.ts';

/** Body of both routes (`facts/dify-wire.md` §7.3). `files` are `sys.files` of workflows made long ago. */
const WorkflowRunPayload = z.object({
  inputs: inputsObject,
  response_mode: z.enum(['blocking', 'streaming']).nullish(),
  files: fileMappings.nullish(),
});

const options = {
  method: 'POST',
  tag: 'Workflow',
  modes: 'workflow',
  user: { in: 'body', required: true },
  body: { name: 'WorkflowRunPayload', schema: WorkflowRunPayload },
  response: { status: 200, run: workflowAnswer },
} as const;

export const runWorkflow = defineRoute({
  ...options,
  path: '/workflows/run',
  summary: 'Run a workflow',
  handle: (context, { body }) => run(context, body, null),
});

export const runWorkflowVersion = defineRoute({
  ...options,
  path: '/workflows/:workflow_id/run',
  summary: 'Run a version of a workflow',
  params: z.object({ workflow_id: z.string() }),
  handle: (context, { body, params }) => run(context, body, params.workflow_id),
});

function run(
  context: DifyContext,
  body: z.output<typeof WorkflowRunPayload>,
  workflowId: string | null,
): Promise<unknown> {
  return startRun(context, body.response_mode ?? 'blocking', {
    query: '',
    inputs: body.inputs,
    files: body.files ?? [],
    conversationId: null,
    autoGenerateName: false,
    workflowId,
  });
}
