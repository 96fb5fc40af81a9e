import * as z from 'zod';
import { notFound } from '../../../errors.ts';
import { findUploads } from '../../../store/files.ts';
import { findWorkflowRun } from '../../../store/workflow-runs.ts';
import { unixSeconds } from '../../unix-seconds.ts';
import { defineRoute } from '../route.ts';
import { readUuid, workflowStatus } from '../schema.ts';
import { addressedFiles, signAgain } from '../signed-addresses.ts';

/** A run of a workflow or chatflow, for whoever has the app's key (`facts/dify-wire.md` §12.1). */
export const getWorkflowRun = defineRoute({
  method: 'GET',
  path: '/workflows/run/:workflow_run_id',
  summary: 'Get a run of a workflow',
  tag: 'Workflow',
  modes: 'graph',
  user: { in: 'nowhere' },
  params: z.object({ workflow_run_id: z.string() }),
  response: {
    status: 200,
    schema: z.object({
      id: z.uuid(),
      workflow_id: z.uuid(),
      status: workflowStatus,
      inputs: z.string().meta({ description: 'An object as JSON.' }),
      outputs: z.record(z.string(), z.unknown()),
      error: z.string().nullable(),
      total_steps: z.int(),
      total_tokens: z.int(),
      created_at: z.int(),
      finished_at: z.int().nullable(),
      elapsed_time: z.number(),
    }),
  },
  async handle({ app, parts, signedUrl }, { params }) {
    const id = readUuid(params.workflow_run_id);
    const run = id === null ? undefined : await findWorkflowRun(parts.store, app.id, id);
    if (!run) throw notFound('Workflow run not found.');
    const outputs = run.outputs === null || run.status === 'paused' ? '{}' : run.outputs;
    // Whoever has the key reads the run, but what stands in it is of its end user.
    const owner = { appId: app.id, endUserId: run.end_user_id };
    const uploads = await findUploads(parts.store, owner, addressedFiles(outputs));
    return {
      id: run.id,
      workflow_id: run.workflow_id,
      status: run.status,
      inputs: run.inputs,
      outputs: JSON.parse(signAgain(outputs, uploads, (id) => JSON.stringify(signedUrl(id)).slice(1, -1))),
      error: run.error,
      total_steps: run.total_steps,
      total_tokens: run.total_tokens,
      created_at: unixSeconds(run.created_at),
      finished_at: run.finished_at === null ? null : unixSeconds(run.finished_at),
      elapsed_time: run.elapsed_ms / 1000,
    };
  },
});
