import type { App } from '../apps/app.ts';
import type { AppVersions } from '../apps/app-versions.ts';
import { workflowIdOf } from '../apps/workflow-id.ts';
import { notFound, ParleyError } from '../errors.ts';
import type { RunRequest } from './run-request.ts';

const UUID = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/**
 * The version of an app that a turn runs: that of its conversation; of workflows the newest, or the one that is asked for
 * (`facts/dify-wire.md` §7.1). Null when it can no longer be served.
 *
 * @param begunWith the version that the conversation was begun with; null: there is none
 * @throws ParleyError `bad_request` | `not_found` for a workflow id that leads nowhere
 */
export async function findVersion(
  versions: AppVersions,
  { app, workflowId = null, newestVersion }: Pick<RunRequest, 'app' | 'workflowId' | 'newestVersion'>,
  begunWith: string | null,
): Promise<App | null> {
  if (app.config.workflow === null)
    return begunWith === null || newestVersion ? app : versions.find(app, begunWith);
  if (workflowId === null || workflowId === '') return app;
  if (workflowId === 'draft')
    throw badRequest(
      `Cannot use draft workflow version. Workflow ID: ${workflowId}. Please use a published workflow version or leave workflow_id empty.`,
    );
  if (!UUID.test(workflowId)) throw badRequest(`Invalid workflow_id format: '${workflowId}'. `);
  const found =
    workflowId.toLowerCase() === workflowIdOf(app.version)
      ? app
      : await versions.findWorkflow(app, workflowId.toLowerCase());
  if (found === null) throw notFound(`Workflow not found with id: ${workflowId}`);
  return found;
}

function badRequest(message: string): ParleyError {
  return new ParleyError('bad_request', 400, message);
}
