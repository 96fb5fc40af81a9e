import { ParleyError } from '../errors.ts';
import type { TurnOutcome } from '../store/finish-turn.ts';
import type { NodeExecutionRow } from '../store/schema.ts';
import type { AcceptedRun } from './accept-run.ts';
import type { Engine, EngineTask } from './engine.ts';
import { type Made, madeRows } from './made.ts';
import { ORPHANED } from './recover-runs.ts';
import type { Run, RunFacts } from './run.ts';
import { NO_USAGE, type RunOutcome, type RunUsage } from './run-event.ts';
import { RunMaking } from './run-making.ts';
import type { RunsOptions } from './runs-options.ts';
import { brokenOff } from './thought.ts';
import { followUpItems } from './turn-items.ts';
import type { WorkflowOutcome } from './workflow-event.ts';
import { workflowEnd, workflowOutcome } from './workflow-outcome.ts';

/** How long an engine may take to let go after a stop before the run ends without it. */
const LET_GO_MS = 250;

type Recording = Pick<RunsOptions, 'recorder' | 'journal' | 'processId' | 'observer'>;

export interface RunHooks {
  readonly onFirstText: () => void;
  /** Asked when the answer is whole, for questions that may follow; null: none are wanted. Must not throw. */
  readonly suggest: ((answer: string) => Promise<readonly string[]>) | null;
}

/** What an engine is given beside what was accepted. */
type Given = AcceptedRun &
  Pick<EngineTask, 'user' | 'queryFrom' | 'aloud' | 'showsFiles' | 'callerExecutes' | 'resumed' | 'fileUrl'>;

/**
 * Executes an accepted run until it ends or waits for its caller: what it makes goes to the journal and the log as it
 * comes, the outcome to the store, and only then to the readers. Never throws: whatever happens, the run ends.
 *
 * @param before what the run had made when it paused; nothing for a run that begins
 */
export async function executeRun(
  { recorder, journal, processId, observer }: Recording,
  run: Run,
  engine: Engine,
  accepted: Given,
  before: Made,
  { onFirstText, suggest }: RunHooks,
): Promise<void> {
  const { facts, log, signal } = run;
  // Not by the clock, which may be set back meanwhile; `createdAt` may even lie ahead of it.
  const began = performance.now();
  const making = new RunMaking({ recorder, journal, observer }, run, before, { began, onFirstText });
  let readWorkflow: (() => WorkflowOutcome) | null = null;
  let paused = false;
  let usage: RunUsage | (() => Promise<RunUsage>) = accepted.resumed?.usage ?? NO_USAGE;
  let stoppedAt: number | null = null;
  const onAbort = () => {
    making.close();
    stoppedAt = performance.now();
  };
  if (signal.aborted) making.close();
  signal.addEventListener('abort', onAbort);

  const executing = engine.execute({
    app: facts.app,
    owner: facts.owner,
    user: accepted.user,
    conversation: accepted.conversation,
    isNewConversation: accepted.isNewConversation,
    messageId: facts.messageId,
    createdAt: facts.createdAt,
    query: accepted.query,
    inputs: accepted.inputs,
    files: accepted.files,
    inputFiles: accepted.inputFiles,
    workflowRunId: facts.workflowRunId,
    context: accepted.context,
    queryFrom: accepted.queryFrom,
    aloud: accepted.aloud,
    kept: facts.kept,
    callers: [],
    appCalls: { count: 0 },
    showsFiles: accepted.showsFiles,
    callerExecutes: accepted.callerExecutes && facts.kept,
    resumed: accepted.resumed,
    signal,
    emit: making.emit,
    pause() {
      paused = true;
    },
    setUsage(value) {
      usage = value;
    },
    setWorkflow(read) {
      readWorkflow = read;
    },
    fileUrl: accepted.fileUrl,
  });
  const error = await settled(executing, signal);
  making.close();
  const latencyMs = performance.now() - began;
  const answered = error === null && !signal.aborted;
  const { answer, thoughts, files, spoken } = making.made;
  let followUps: readonly string[] = [];
  if (suggest !== null && answered && !paused && answer !== '') {
    log.append({ kind: 'answered', answer });
    followUps = await suggest(answer);
    for (const text of followUps) log.append({ kind: 'follow_up', text });
  }
  // From here on the outcome is decided; a stop that comes now comes too late.
  const stopped = run.decide();
  // A stop that came while questions were suggested ended that; the answer was whole by then.
  const stoppedBy = answered ? null : stopped;
  if (error !== null && stoppedBy === null && !(error instanceof ParleyError)) observer.failed(run, error);
  const failure = error === null || stoppedBy !== null ? null : asParleyError(error);
  const made = stoppedBy !== null || failure ? brokenOff(answer, thoughts) : { answer, thoughts };
  let outcome: RunOutcome = {
    status:
      stoppedBy !== null
        ? 'stopped'
        : failure
          ? 'failed'
          : paused && run.canceledAt === null
            ? 'paused'
            : 'succeeded',
    ...made,
    files,
    usage: await resolveUsage(usage, (cause) => observer.failed(run, cause)),
    error: failure,
    stoppedBy,
    endedAt: Date.now(),
    canceledAt: run.canceledAt,
    followUps,
    spoken,
    workflow: workflowOutcome(readWorkflow, stoppedBy, {
      ...{ mode: facts.mode, inputs: accepted.inputs, failure },
    }),
  };
  readWorkflow = null;
  // What the engine holds on to (the whole prompt) must not outlive the run, which stays in memory for a while.
  usage = NO_USAGE;
  signal.removeEventListener('abort', onAbort);
  try {
    const committed = facts.kept
      ? await recorder.commit(
          { id: facts.id, message_id: facts.messageId, process_id: processId },
          turnOutcome(facts, outcome, {
            latencyMs: latencyMs + (accepted.resumed?.usage.latency ?? 0) * 1000,
            nodes: await making.nodesLeft(),
          }),
        )
      : { canceledAt: run.canceledAt };
    if (committed) {
      const { canceledAt } = committed;
      // A turn that was given up waits for nobody (`finishTurn`).
      const waits = outcome.status === 'paused' && canceledAt === null;
      outcome = {
        ...outcome,
        canceledAt,
        status: outcome.status === 'paused' && !waits ? 'succeeded' : outcome.status,
      };
    } else {
      // This process was taken for dead (it stood still for longer than its lease), and another ended the run.
      outcome = asFailed(outcome, new ParleyError('internal_server_error', 500, ORPHANED));
    }
  } catch (cause) {
    observer.failed(run, cause);
    outcome = asFailed(outcome, asParleyError(cause));
  }
  run.end(outcome);
  observer.ended(run, outcome, stoppedAt === null ? null : performance.now() - stoppedAt);
}

/** Waits for the engine; after a stop only for `LET_GO_MS`. Answers what it threw, or null. */
async function settled(executing: Promise<void>, signal: AbortSignal): Promise<unknown> {
  let letGo: NodeJS.Timeout | undefined;
  let onAbort = (): void => {};
  const stopped = new Promise<unknown>((resolve) => {
    onAbort = () => {
      letGo = setTimeout(() => resolve(signal.reason), LET_GO_MS);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  });
  const ended = executing.then(
    () => null,
    (error: unknown) => error ?? new Error('engine failed'),
  );
  try {
    return await Promise.race([ended, stopped]);
  } finally {
    clearTimeout(letGo);
    signal.removeEventListener('abort', onAbort);
  }
}

async function resolveUsage(
  usage: RunUsage | (() => Promise<RunUsage>),
  onError: (error: unknown) => void,
): Promise<RunUsage> {
  if (typeof usage !== 'function') return usage;
  try {
    return await usage();
  } catch (error) {
    onError(error);
    return NO_USAGE;
  }
}

function turnOutcome(
  facts: RunFacts,
  outcome: RunOutcome,
  { latencyMs, nodes }: { readonly latencyMs: number; readonly nodes: readonly NodeExecutionRow[] },
): TurnOutcome {
  const { usage } = outcome;
  return {
    status: outcome.status,
    error: outcome.error?.message.replaceAll('\0', '') ?? null,
    errorCode: outcome.error?.code ?? null,
    stoppedBy: outcome.stoppedBy,
    finishedAt: outcome.endedAt,
    ...madeRows(outcome, { appId: facts.app.id, messageId: facts.messageId }),
    usage: {
      prompt_tokens: usage.promptTokens,
      answer_tokens: usage.completionTokens,
      total_price: usage.totalPrice,
      currency: usage.currency,
      latency_ms: Math.round(latencyMs),
      usage: JSON.stringify(usage),
    },
    items: facts.conversationId === null ? [] : followUpItems(facts, outcome.followUps),
    workflow: facts.workflowRunId === null ? null : workflowEnd(outcome, nodes),
  };
}

/** What was made stands; but it is not known to be kept. */
function asFailed(outcome: RunOutcome, error: ParleyError): RunOutcome {
  const { workflow } = outcome;
  return {
    ...outcome,
    status: 'failed',
    error,
    workflow: workflow && { ...workflow, status: 'failed', error: error.message },
  };
}

function asParleyError(error: unknown): ParleyError {
  return error instanceof ParleyError
    ? error
    : new ParleyError('internal_server_error', 500, 'Internal Server Error, please contact support.', {
        cause: error,
      });
}
