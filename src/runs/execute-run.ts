import { ParleyError } from '../errors.ts';
import { finishTurn } from '../store/runs.ts';
import type { AcceptedRun } from './accept-run.ts';
import type { Engine } from './engine.ts';
import { ORPHANED } from './recover-runs.ts';
import type { Run } from './run.ts';
import { NO_USAGE, type RunOutcome, type RunUsage } from './run-event.ts';
import type { RunsOptions } from './runs-options.ts';

/** How long an engine may take to let go after a stop before the run ends without it. */
const LET_GO_MS = 250;

type Recording = Pick<RunsOptions, 'store' | 'journal' | 'observer'>;

/**
 * Executes an accepted run to its end: text goes to the journal and the log as it comes, the outcome to the store,
 * and only then to the readers. Never throws: whatever happens, the run ends.
 */
export async function executeRun(
  { store, journal, observer }: Recording,
  run: Run,
  engine: Engine,
  accepted: AcceptedRun & { readonly user: string },
): Promise<void> {
  const { facts, log, signal } = run;
  let answer = '';
  let spoken = false;
  let first = true;
  let usage: RunUsage | (() => Promise<RunUsage>) = NO_USAGE;
  let stoppedAt: number | null = null;
  let open = true;
  signal.addEventListener('abort', () => {
    open = false;
    stoppedAt = performance.now();
  });

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
    signal,
    emit(event) {
      if (!open) return;
      switch (event.kind) {
        case 'text':
          if (first && event.text !== '') {
            first = false;
            observer.firstText(run, Date.now() - facts.createdAt);
          }
          answer += event.text;
          journal.append(facts.id, event.text, false);
          break;
        case 'text_replaced':
          answer = event.text;
          journal.append(facts.id, event.text, true);
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
  // From here on the outcome is decided; a stop that comes now comes too late.
  const stoppedBy = run.decide();
  if (error !== null && stoppedBy === null && !(error instanceof ParleyError)) observer.failed(run, error);
  const failure = error === null || stoppedBy !== null ? null : asParleyError(error);
  let outcome: RunOutcome = {
    status: stoppedBy !== null ? 'stopped' : failure ? 'failed' : 'succeeded',
    answer,
    usage: await resolveUsage(usage, (cause) => observer.failed(run, cause)),
    error: failure,
    stoppedBy,
    spoken,
  };
  try {
    const committed = await finishTurn(
      store,
      { id: facts.id, message_id: facts.messageId },
      turnOutcome(outcome, facts.createdAt),
    );
    journal.release(facts.id);
    if (!committed) {
      // This process was taken for dead (it stood still for longer than its lease), and another ended the run.
      outcome = {
        ...outcome,
        status: 'failed',
        error: new ParleyError('internal_server_error', 500, ORPHANED),
      };
    }
  } catch (cause) {
    // The journal keeps the text; the next start finds the run unfinished and saves it.
    observer.failed(run, cause);
    outcome = { ...outcome, status: 'failed', error: asParleyError(cause) };
  }
  run.end(outcome);
  observer.ended(run, outcome, stoppedAt === null ? null : performance.now() - stoppedAt);
}

/** Waits for the engine; after a stop only for `LET_GO_MS`. Answers what it threw, or null. */
function settled(executing: Promise<void>, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    const stopped = () => setTimeout(() => resolve(signal.reason), LET_GO_MS).unref();
    if (signal.aborted) stopped();
    else signal.addEventListener('abort', stopped);
    executing.then(
      () => resolve(null),
      (error: unknown) => resolve(error ?? new Error('engine failed')),
    );
  });
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

function turnOutcome(outcome: RunOutcome, createdAt: number) {
  const { usage } = outcome;
  return {
    status: outcome.status,
    error: outcome.error?.message ?? null,
    stoppedBy: outcome.stoppedBy,
    message: {
      answer: outcome.answer,
      prompt_tokens: usage.promptTokens,
      answer_tokens: usage.completionTokens,
      total_price: usage.totalPrice,
      currency: usage.currency,
      latency_ms: Date.now() - createdAt,
      usage: JSON.stringify(usage),
    },
  };
}

function asParleyError(error: unknown): ParleyError {
  return error instanceof ParleyError
    ? error
    : new ParleyError('internal_server_error', 500, 'Internal Server Error, please contact support.', {
        cause: error,
      });
}
