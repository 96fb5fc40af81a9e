import { ParleyError } from '../errors.ts';
import type { AcceptedRun } from './accept-run.ts';
import type { Engine, EngineTask } from './engine.ts';
import { ORPHANED } from './recover-runs.ts';
import type { Run, RunFacts } from './run.ts';
import { NO_USAGE, type RunOutcome, type RunUsage } from './run-event.ts';
import type { RunsOptions } from './runs-options.ts';
import { followUpItems } from './turn-items.ts';

/** How long an engine may take to let go after a stop before the run ends without it. */
const LET_GO_MS = 250;

type Recording = Pick<RunsOptions, 'recorder' | 'journal' | 'processId' | 'observer'>;

export interface RunHooks {
  readonly onFirstText: () => void;
  /** Asked when the answer is whole, for questions that may follow; null: none are wanted. Must not throw. */
  readonly suggest: ((answer: string) => Promise<readonly string[]>) | null;
}

/**
 * Executes an accepted run to its end: text goes to the journal and the log as it comes, the outcome to the store,
 * and only then to the readers. Never throws: whatever happens, the run ends.
 */
export async function executeRun(
  { recorder, journal, processId, observer }: Recording,
  run: Run,
  engine: Engine,
  accepted: AcceptedRun & Pick<EngineTask, 'user' | 'queryFrom' | 'aloud'>,
  { onFirstText, suggest }: RunHooks,
): Promise<void> {
  const { facts, log, signal } = run;
  // Not by the clock, which may be set back meanwhile; `createdAt` may even lie ahead of it.
  const began = performance.now();
  let answer = '';
  const whole = () => answer;
  let spoken = false;
  let first = true;
  let usage: RunUsage | (() => Promise<RunUsage>) = NO_USAGE;
  let stoppedAt: number | null = null;
  let open = !signal.aborted;
  const onAbort = () => {
    open = false;
    stoppedAt = performance.now();
  };
  signal.addEventListener('abort', onAbort);

  const executing = engine.execute({
    app: facts.app,
    owner: facts.owner,
    user: accepted.user,
    conversation: accepted.conversation,
    isNewConversation: accepted.isNewConversation,
    messageId: facts.messageId,
    query: accepted.query,
    inputs: accepted.inputs,
    files: accepted.files,
    context: accepted.context,
    queryFrom: accepted.queryFrom,
    aloud: accepted.aloud,
    signal,
    emit(given) {
      if (!open) return;
      const event = withoutNul(given);
      switch (event.kind) {
        case 'text':
          if (first && event.text !== '') {
            first = false;
            observer.firstText(run, performance.now() - began);
            onFirstText();
          }
          answer += event.text;
          if (facts.kept) journal.append(facts.id, event.text, false, whole);
          break;
        case 'text_replaced':
          answer = event.text;
          if (facts.kept) journal.append(facts.id, event.text, true, whole);
          break;
        case 'audio':
          spoken = true;
          break;
      }
      log.append(event);
    },
    setUsage(value) {
      usage = value;
    },
  });
  const error = await settled(executing, signal);
  open = false;
  const latencyMs = performance.now() - began;
  const answered = error === null && !signal.aborted;
  let followUps: readonly string[] = [];
  if (suggest !== null && answered && answer !== '') {
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
  let outcome: RunOutcome = {
    status: stoppedBy !== null ? 'stopped' : failure ? 'failed' : 'succeeded',
    answer,
    usage: await resolveUsage(usage, (cause) => observer.failed(run, cause)),
    error: failure,
    stoppedBy,
    endedAt: Date.now(),
    canceledAt: run.canceledAt,
    followUps,
    spoken,
  };
  // What the engine holds on to (the whole prompt) must not outlive the run, which stays in memory for a while.
  usage = NO_USAGE;
  signal.removeEventListener('abort', onAbort);
  try {
    const committed = facts.kept
      ? await recorder.commit(
          { id: facts.id, message_id: facts.messageId, process_id: processId },
          turnOutcome(facts, outcome, latencyMs),
        )
      : { canceledAt: run.canceledAt };
    if (committed) {
      outcome = { ...outcome, canceledAt: committed.canceledAt };
    } else {
      // This process was taken for dead (it stood still for longer than its lease), and another ended the run.
      outcome = {
        ...outcome,
        status: 'failed',
        error: new ParleyError('internal_server_error', 500, ORPHANED),
      };
    }
  } catch (cause) {
    observer.failed(run, cause);
    outcome = { ...outcome, status: 'failed', error: asParleyError(cause) };
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

/** PostgreSQL stores no NUL, and nobody means one: what a model says of them is not said. */
function withoutNul<Event extends { readonly kind: string }>(event: Event): Event {
  return 'text' in event && typeof event.text === 'string' && event.text.includes('\0')
    ? { ...event, text: event.text.replaceAll('\0', '') }
    : event;
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

function turnOutcome(facts: RunFacts, outcome: RunOutcome, latencyMs: number) {
  const { usage } = outcome;
  return {
    status: outcome.status,
    error: outcome.error?.message.replaceAll('\0', '') ?? null,
    errorCode: outcome.error?.code ?? null,
    stoppedBy: outcome.stoppedBy,
    finishedAt: outcome.endedAt,
    message: {
      answer: outcome.answer,
      prompt_tokens: usage.promptTokens,
      answer_tokens: usage.completionTokens,
      total_price: usage.totalPrice,
      currency: usage.currency,
      latency_ms: Math.round(latencyMs),
      usage: JSON.stringify(usage),
    },
    items: facts.conversationId === null ? [] : followUpItems(facts, outcome.followUps),
  };
}

function asParleyError(error: unknown): ParleyError {
  return error instanceof ParleyError
    ? error
    : new ParleyError('internal_server_error', 500, 'Internal Server Error, please contact support.', {
        cause: error,
      });
}
