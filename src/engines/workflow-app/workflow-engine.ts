import type { App, WorkflowConfig } from '../../apps/app.ts';
import { ParleyError } from '../../errors.ts';
import type { Engine, EngineTask } from '../../runs/engine.ts';
import type { NodeValues, WorkflowOutcome } from '../../runs/workflow-event.ts';
import { NOTHING_YET } from '../../runs/workflow-outcome.ts';
import { countTurns } from '../../store/messages.ts';
import { AnswerWriter } from '../answer/answer-writer.ts';
import { moderateInput } from '../answer/moderation.ts';
import type { RunOutcome, WorkflowEvent } from '../workflow/events.ts';
import { CONVERSATION } from '../workflow/pool/selector.ts';
import { graphOf } from '../workflow/read-workflow.ts';
import { startRun } from '../workflow/start-run.ts';
import { ConversationVariables } from './conversation-variables.ts';
import { mergeResources } from './merge-resources.ts';
import { RunMeter } from './run-meter.ts';
import { runVariables } from './run-variables.ts';
import { servicesOf } from './services-of.ts';
import { ToldText } from './told-text.ts';
import type { WorkflowParts } from './workflow-parts.ts';

const REFUSED_INPUT = 'Stopped by input moderation.';
const REFUSED_OUTPUT = 'Stopped by output moderation.';

/** Workflows and chatflows: brings the engine of graphs and the hall together. */
export function workflowEngine(parts: WorkflowParts): Engine {
  return {
    check(app) {
      const workflow = workflowOf(app);
      graphOf(workflow);
      if (app.config.moderation?.source.kind === 'openai_moderation') parts.models.moderation();
      if (app.settings.missingTools === 'ignore') return;
      for (const tool of workflow.tools) {
        const problem = parts.tools.problemOf(tool);
        if (problem !== null)
          throw new ParleyError('app_unavailable', 400, `App unavailable: ${problem.replace(/\.$/, '')}.`);
      }
    },
    async execute(task) {
      const { app, query, inputs, signal } = task;
      const checked = await moderateInput(parts.models, app, { query, inputs }, { signal });
      if ('refused' in checked) refuse(task, checked.refused);
      else await run(parts, task, checked.passed);
    },
  };
}

function workflowOf({ config: { workflow } }: App): WorkflowConfig {
  if (workflow === null) throw new TypeError('The app is no workflow.');
  return workflow;
}

/** Of a chatflow there are no events of a workflow then (`facts/dify-dsl-engine.md` §7.5). */
function refuse(task: EngineTask, answer: string): void {
  task.emit({ kind: 'text', text: answer });
  if (task.app.mode !== 'workflow') return;
  const inputs = { ...task.inputs };
  task.setWorkflow(() => ({ ...NOTHING_YET, status: 'stopped', inputs, error: REFUSED_INPUT }));
}

async function run(
  parts: WorkflowParts,
  task: EngineTask,
  given: Pick<EngineTask, 'query' | 'inputs'>,
): Promise<void> {
  const { app, conversation, kept, isNewConversation, owner } = task;
  const graph = graphOf(workflowOf(app));
  const [stored, turns] = await Promise.all([
    ConversationVariables.load(parts.store, app, conversation, { kept, isNew: isNewConversation }),
    conversation === null || isNewConversation ? 0 : countTurns(parts.store, owner, conversation),
  ]);
  task.signal.throwIfAborted();
  const { variables, inputs } = runVariables(task, given, {
    startId: graph.root.rootId,
    conversation: stored.values,
    // A turn that is kept is counted already.
    dialogueCount: Math.max(1, turns + (kept ? 0 : 1)),
  });
  const writer = new AnswerWriter(parts, task);
  const meter = new RunMeter();
  task.setUsage(() => meter.read(writer.times, { stopped: writer.signal.aborted }));
  const told = new Telling(task, writer, stored.variables, inputs);
  task.setWorkflow(() => told.outcome);
  const { done } = startRun(graph, {
    services: servicesOf(parts, { ...task, ...given }, meter),
    signal: writer.signal,
    variables,
    limits: { maxSteps: parts.maxSteps, maxMs: Number.POSITIVE_INFINITY },
    emit: (event) => told.hear(event),
  });
  const outcome = await done;
  await stored.variables.settled();
  if (outcome.status === 'stopped' && !writer.refused) throw task.signal.reason;
  if (outcome.status === 'failed' && !writer.refused)
    throw new ParleyError('workflow_failed', 400, `Run failed: ${outcome.error ?? ''}`);
  told.refused = await writer.end();
}

/** Null: none were made before it failed. */
function outputsOf({ status, outputs }: RunOutcome): NodeValues | null {
  return status === 'failed' && Object.keys(outputs).length === 0 ? null : outputs;
}

/** What happens in a run, told to the hall; and how the run stands. */
class Telling {
  readonly #task: EngineTask;
  readonly #writer: AnswerWriter;
  readonly #variables: ConversationVariables;
  readonly #inputs: NodeValues;
  readonly #told = new ToldText();
  readonly #resources: NodeValues[] = [];
  #ended: RunOutcome | null = null;
  /** What is said in place of what the run said; null: that stands. */
  refused: string | null = null;

  constructor(task: EngineTask, writer: AnswerWriter, variables: ConversationVariables, inputs: NodeValues) {
    this.#task = task;
    this.#writer = writer;
    this.#variables = variables;
    this.#inputs = inputs;
  }

  get outcome(): WorkflowOutcome {
    const ended = this.#ended;
    if (ended === null) return { ...NOTHING_YET, inputs: this.#inputs };
    const withdrawn = this.refused !== null || this.#writer.refused;
    return {
      status: withdrawn ? 'stopped' : ended.status,
      inputs: this.#inputs,
      outputs: withdrawn ? this.#preset() : outputsOf(ended),
      error: withdrawn ? REFUSED_OUTPUT : ended.error,
      elapsedMs: ended.elapsedMs,
      totalTokens: ended.usage?.tokens ?? 0,
      totalSteps: ended.steps,
      exceptionsCount: ended.exceptions,
      resources: mergeResources(this.#task.app, this.#resources),
    };
  }

  /** Nothing of what was refused is given back; a chatflow says what stands in its place. */
  #preset(): NodeValues {
    const chats = this.#task.app.mode === 'advanced-chat';
    return chats && this.refused !== null ? { answer: this.refused, files: [] } : {};
  }

  hear(event: WorkflowEvent): void {
    switch (event.kind) {
      case 'run_started':
        this.#task.emit({
          kind: 'workflow_started',
          inputs: this.#inputs,
          reason: event.reason,
          at: event.at,
        });
        return;
      case 'node_reported':
        if (event.report.kind === 'retriever_resources') this.#resources.push(...event.report.resources);
        this.#task.emit({ kind: 'node', event });
        return;
      case 'node_started':
      case 'node_retried':
      case 'node_finished':
        this.#task.emit({ kind: 'node', event });
        return;
      case 'text_chunk':
        this.#told.add(event.text, event.round);
        this.#writer.tell(event.text, event.selector);
        return;
      case 'text_withdrawn':
        this.#writer.revise(this.#told.withdraw(event.length, event.round));
        return;
      case 'variable_set':
        if (event.selector[0] === CONVERSATION) this.#variables.set(event.selector[1] ?? '', event.variable);
        return;
      case 'run_finished':
        this.#ended = event;
        return;
    }
  }
}
