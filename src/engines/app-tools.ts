import type { App, AppMode, InputField } from '../apps/app.ts';
import { validateInputs } from '../apps/validate-inputs.ts';
import { ParleyError } from '../errors.ts';
import type { AppSlots } from '../runs/app-slots.ts';
import type { Engine } from '../runs/engine.ts';
import { withoutReasoning } from '../runs/reasoning.ts';
import { NO_USAGE, type RunUsage } from '../runs/run-event.ts';
import type { WorkflowOutcome } from '../runs/workflow-event.ts';
import { newId } from '../store/new-id.ts';
import type { ToolSource } from '../tools/create-tools.ts';
import { knownProvider } from '../tools/known-provider.ts';
import type { Tool, ToolContext } from '../tools/tool.ts';
import { ToolError } from '../tools/tool-error.ts';
import type { ToolPart } from '../tools/tool-part.ts';
import type { ToolProvider } from '../tools/tool-provider.ts';

/** Apps that call one another as tools, the first included (Dify's `WORKFLOW_CALL_MAX_DEPTH`). */
const MAX_DEPTH = 5;
/** The same of all in one run, however they are nested. */
const MAX_CALLS = 50;

export interface AppToolsParts {
  engineOf(mode: AppMode): Engine;
  /** What an app has running as a tool counts like its runs. */
  readonly slots: Pick<AppSlots, 'take' | 'free'>;
  readonly timeoutMs: number;
}

/**
 * Every app of the server as a tool of the others, found by its id (`provider_type: workflow`). What it answers is the
 * result; of such a call nothing is stored, and no conversation is begun.
 */
export function appTools(apps: { list(): readonly App[] }, parts: AppToolsParts): ToolSource {
  const providers = new WeakMap<App, ToolProvider>();
  return {
    providers: () =>
      apps.list().map((app) => {
        const provider = providers.get(app) ?? knownProvider('workflow', app.id, [toolOf(app, parts)]);
        providers.set(app, provider);
        return provider;
      }),
    close: async () => {},
  };
}

function toolOf(app: App, { engineOf, slots, timeoutMs }: AppToolsParts): Tool {
  const { id, name, description, icon, mode, config } = app;
  const fields = config.inputForm.filter(({ type }) => type !== 'file' && type !== 'file-list');
  const asked = queryName(app);
  return {
    provider: id,
    name: id,
    label: { en_US: name },
    description: description || name,
    parameters: {
      type: 'object',
      properties: {
        ...Object.fromEntries(fields.map((field) => [field.variable, schemaOf(field)])),
        ...(asked === null ? {} : { [asked]: { type: 'string', description: 'What to ask' } }),
      },
      required: [
        ...fields.filter(({ required }) => required).map(({ variable }) => variable),
        ...(asked === null ? [] : [asked]),
      ],
    },
    authored: [],
    icon: icon.type === 'link' ? icon.value : { background: icon.background, content: icon.value },
    timeoutMs,
    executedBy: 'server',
    async invoke(args, context) {
      if (context.callers.length >= MAX_DEPTH)
        throw new ToolError('failed', `apps call one another more than ${MAX_DEPTH} deep`);
      if (context.callers.includes(id)) throw new ToolError('failed', `${id} is already at work on this`);
      if (++context.appCalls.count > MAX_CALLS)
        throw new ToolError('failed', `apps were called as tools more than ${MAX_CALLS} times`);
      const query = asked === null ? '' : String(args[asked]);
      return answerOf(app, { engine: engineOf(mode), slots }, { query, args }, context);
    },
  };
}

/** Of what is asked; null: the app has only its form. */
function queryName({ mode, config }: App): string | null {
  if (mode === 'completion' || mode === 'workflow') return null;
  const taken = config.inputForm.map(({ variable }) => variable);
  return ['query', 'question'].find((name) => !taken.includes(name)) ?? 'what_to_ask';
}

async function answerOf(
  app: App,
  { engine, slots }: { readonly engine: Engine } & Pick<AppToolsParts, 'slots'>,
  { query, args }: { readonly query: string; readonly args: Readonly<Record<string, unknown>> },
  { endUserId, user, callers, appCalls, onUsage, signal }: ToolContext,
): Promise<readonly ToolPart[]> {
  let answer = '';
  let workflow: (() => WorkflowOutcome) | null = null;
  let usage: RunUsage | (() => Promise<RunUsage>) = NO_USAGE;
  let taken = false;
  try {
    engine.check(app);
    slots.take(app);
    taken = true;
    await engine.execute({
      app,
      owner: { appId: app.id, endUserId },
      user,
      conversation: null,
      isNewConversation: true,
      messageId: newId(),
      createdAt: Date.now(),
      query,
      inputs: validateInputs(app.config.inputForm, args),
      files: [],
      inputFiles: {},
      workflowRunId: app.config.workflow === null ? null : newId(),
      context: [],
      queryFrom: null,
      aloud: false,
      kept: false,
      callers,
      appCalls,
      showsFiles: false,
      callerExecutes: false,
      resumed: null,
      signal,
      emit(event) {
        if (event.kind === 'text') answer += event.text;
        else if (event.kind === 'text_replaced') answer = event.text;
      },
      pause() {},
      setUsage(value) {
        usage = value;
      },
      setWorkflow(read) {
        workflow = read;
      },
      fileUrl: () => '',
    });
  } catch (error) {
    if (error instanceof ParleyError)
      throw new ToolError('failed', `${app.id}: ${error.message}`, { cause: error });
    throw error;
  } finally {
    if (taken) slots.free(app);
    onUsage(await resolved(usage));
  }
  if (app.mode === 'workflow') return outputsOf(workflow);
  return [{ kind: 'text', text: withoutReasoning(answer) }];
}

/** What a workflow gives back is its outputs (`facts/dify-dsl-engine.md` §4.16). */
function outputsOf(workflow: (() => WorkflowOutcome) | null): readonly ToolPart[] {
  const outputs = workflow?.().outputs ?? {};
  return [
    { kind: 'text', text: JSON.stringify(outputs) },
    { kind: 'json', value: outputs },
  ];
}

async function resolved(usage: RunUsage | (() => Promise<RunUsage>)): Promise<RunUsage> {
  return typeof usage === 'function' ? usage().catch(() => NO_USAGE) : usage;
}

function schemaOf({ type, label, options, maxLength }: InputField): Readonly<Record<string, unknown>> {
  const description = label === '' ? {} : { description: label };
  switch (type) {
    case 'number':
      return { type: 'number', ...description };
    case 'checkbox':
      return { type: 'boolean', ...description };
    case 'json_object':
      return { type: 'object', additionalProperties: true, ...description };
    case 'select':
      return { type: 'string', enum: [...options], ...description };
    default:
      return { type: 'string', ...(maxLength === null ? {} : { maxLength }), ...description };
  }
}
