import type { App } from '../../apps/app.ts';
import { environmentOf } from '../../apps/environment-of.ts';
import { workflowIdOf } from '../../apps/workflow-id.ts';
import type { EngineTask } from '../../runs/engine.ts';
import { fileObjectOf } from '../../runs/file-object.ts';
import { CONVERSATION, ENVIRONMENT, SYSTEM } from '../workflow/pool/selector.ts';
import type { PoolState } from '../workflow/pool/variable-pool.ts';
import type { Value, ValueRecord } from '../workflow/values/value.ts';
import type { Variable } from '../workflow/values/variable.ts';

/** Not told with the others when a workflow begins (`facts/dify-dsl-engine.md` §7.1). */
const UNTOLD = 'conversation_id';

type Named = readonly (readonly [name: string, Variable])[];

/**
 * The variables that a run begins with (`facts/dify-dsl-engine.md` §3.3): inputs under the id of the start node, the
 * system's, the environment's and the conversation's.
 *
 * @param given the end user's words and inputs, as moderation has left them
 */
export function runVariables(
  task: EngineTask,
  given: Pick<EngineTask, 'query' | 'inputs'>,
  {
    startId,
    conversation,
    dialogueCount,
  }: {
    readonly startId: string;
    readonly conversation: Named;
    /** Turns of the conversation, this one included. */
    readonly dialogueCount: number;
  },
): { readonly variables: PoolState; readonly inputs: ValueRecord } {
  const { app } = task;
  const inputs = inputValues(task, given.inputs);
  const system = systemValues(task, given.query, dialogueCount);
  const told = Object.entries(system).filter(([name]) => name !== UNTOLD);
  return {
    variables: [
      [startId, named(inputs)],
      [SYSTEM, named(system)],
      [ENVIRONMENT, environment(app)],
      [CONVERSATION, conversation],
    ],
    inputs: { ...inputs, ...Object.fromEntries(told.map(([name, value]) => [`sys.${name}`, value])) },
  };
}

/** Files in place of their mappings. */
function inputValues({ app, inputFiles, fileUrl }: EngineTask, inputs: EngineTask['inputs']): ValueRecord {
  const files = new Map(
    app.config.inputForm.flatMap(({ variable, type }) => {
      const found = inputFiles[variable]?.map((file) => fileObjectOf(file, fileUrl));
      if (found === undefined) return [];
      return [[variable, type === 'file' ? (found[0] ?? null) : found] as const];
    }),
  );
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [name, files.get(name) ?? (value as Value)]),
  );
}

function systemValues(task: EngineTask, query: string, dialogueCount: number): ValueRecord {
  const { app, conversation, createdAt, files, fileUrl, user, workflowRunId } = task;
  const chats = app.mode === 'advanced-chat';
  return {
    ...(chats ? { query } : {}),
    files: files.map((file) => fileObjectOf(file, fileUrl)),
    ...(chats && conversation !== null ? { conversation_id: conversation.id } : {}),
    user_id: user,
    ...(chats ? { dialogue_count: dialogueCount } : {}),
    app_id: app.id,
    workflow_id: workflowIdOf(app.version),
    workflow_run_id: workflowRunId,
    ...(chats ? {} : { timestamp: Math.floor(createdAt / 1000) }),
  };
}

function environment(app: App): Named {
  return environmentOf(app).map(({ name, type, value }) => [
    name,
    type === 'secret' ? { value, type } : { value },
  ]);
}

function named(values: ValueRecord): Named {
  return Object.entries(values).map(([name, value]) => [name, { value }]);
}
