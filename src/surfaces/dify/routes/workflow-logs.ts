import * as z from 'zod';
import { invalidParam } from '../../../errors.ts';
import { type LoggedRun, listWorkflowRuns } from '../../../store/list-workflow-runs.ts';
import { unixSeconds } from '../../unix-seconds.ts';
import { readIsoTime } from '../read-iso-time.ts';
import { defineRoute } from '../route.ts';
import { queryInt, readUuid, workflowStatus } from '../schema.ts';
import { wireLogId } from '../wire-ids.ts';

/** Characters of a keyword that are looked for. */
const MAX_KEYWORD = 30;

const text = z.string().nullish();

const WorkflowLogQuery = z.object({
  keyword: text,
  status: z.enum(['succeeded', 'failed', 'stopped']).nullish(),
  created_at__before: text.meta({ description: 'ISO 8601, inclusive.' }),
  created_at__after: text.meta({ description: 'ISO 8601, inclusive.' }),
  created_by_end_user_session_id: text.meta({ description: 'The `user` of the runs.' }),
  created_by_account: text.meta({ description: 'No run here is of an account.' }),
  page: queryInt({ min: 1, max: 99_999, default: 1 }),
  limit: queryInt({ min: 1, max: 100, default: 20 }),
});

const logItem = z.object({
  id: z.uuid(),
  workflow_run: z.object({
    id: z.uuid(),
    version: z.string(),
    status: workflowStatus,
    triggered_from: z.literal('app-run'),
    error: z.string().nullable(),
    elapsed_time: z.number(),
    total_tokens: z.int(),
    total_steps: z.int(),
    created_at: z.int(),
    finished_at: z.int().nullable(),
    exceptions_count: z.int(),
  }),
  details: z.null(),
  created_from: z.literal('service-api'),
  created_by_role: z.literal('end_user'),
  created_by_account: z.null(),
  created_by_end_user: z.object({
    id: z.uuid(),
    type: z.literal('service-api'),
    is_anonymous: z.boolean(),
    session_id: z.string(),
  }),
  created_at: z.int(),
});

/** Runs of all end users of the app, the newest first (`facts/dify-wire.md` §12.2). */
export const listWorkflowLogs = defineRoute({
  method: 'GET',
  path: '/workflows/logs',
  summary: 'List the runs of a workflow',
  tag: 'Workflow',
  modes: 'any',
  user: { in: 'nowhere' },
  query: { name: 'WorkflowLogQuery', schema: WorkflowLogQuery },
  response: {
    status: 200,
    schema: z.object({
      page: z.int(),
      limit: z.int(),
      total: z.int(),
      has_more: z.boolean(),
      data: z.array(logItem),
    }),
  },
  async handle({ app, parts, signal }, { query }) {
    const { page, limit } = query;
    const filters = {
      keyword: readKeyword(withoutNul(query.keyword)),
      status: query.status ?? null,
      createdFrom: readTime(query.created_at__after),
      createdUntil: readTime(query.created_at__before),
      sessionId: withoutNul(query.created_by_end_user_session_id) || null,
    };
    if (query.created_by_account) throw invalidParam(`Account not found: ${query.created_by_account}`);
    const { rows, total } = await listWorkflowRuns(parts.store, app.id, filters, { page, limit, signal });
    return { page, limit, total, has_more: total > page * limit, data: rows.map(wireLog) };
  },
});

/** PostgreSQL cannot even look for a text with NUL in it. */
function withoutNul(value: string | null | undefined): string {
  return value?.replaceAll('\0', '') ?? '';
}

function readKeyword(keyword: string): { part: string; runId: string | null } | null {
  if (keyword === '') return null;
  return { part: Array.from(keyword).slice(0, MAX_KEYWORD).join(''), runId: readUuid(keyword) };
}

function readTime(value: string | null | undefined): number | null {
  if (!value) return null;
  const time = readIsoTime(value);
  if (time === null) throw invalidParam(`Invalid isoformat string: '${value}'`);
  return time;
}

function wireLog(run: LoggedRun): z.infer<typeof logItem> {
  const created_at = unixSeconds(run.created_at);
  return {
    id: wireLogId(run.id),
    workflow_run: {
      id: run.id,
      // Dify has the time at which the version was published.
      version: run.workflow_id,
      status: run.status,
      triggered_from: 'app-run',
      error: run.error,
      elapsed_time: run.elapsed_ms / 1000,
      total_tokens: run.total_tokens,
      total_steps: run.total_steps,
      created_at,
      finished_at: run.finished_at === null ? null : unixSeconds(run.finished_at),
      exceptions_count: run.exceptions_count,
    },
    details: null,
    created_from: 'service-api',
    created_by_role: 'end_user',
    created_by_account: null,
    created_by_end_user: {
      id: run.end_user_id,
      type: 'service-api',
      is_anonymous: run.is_anonymous === 1,
      session_id: run.session_id,
    },
    created_at,
  };
}
