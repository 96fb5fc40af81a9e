import type { App } from '../apps/app.ts';
import { ParleyError } from '../errors.ts';
import { setGeneratedTitle } from '../store/conversations.ts';
import type { Owner } from '../store/owner.ts';
import { cancelRun } from '../store/runs.ts';
import { type AcceptedRun, acceptRun, conversationBusy } from './accept-run.ts';
import { executeRun } from './execute-run.ts';
import { Run } from './run.ts';
import { RunLog } from './run-log.ts';
import type { RunRequest } from './run-request.ts';
import type { RunsOptions } from './runs-options.ts';
import { UnkeptRuns } from './unkept-runs.ts';

/** Ended runs that stay readable in memory, and how much they may hold; others are read from the store. */
const RECENT_RUNS = 200;
const RECENT_CHARACTERS = 16 * 1024 * 1024;
/** How long the end of the server waits for the store, per kind of write. */
const LAST_WRITES_MS = 12_000;
/** How long a title may take. */
const TITLE_TIMEOUT_MS = 30_000;
/** How long an answer that is whole may wait for questions that follow it. */
const SUGGEST_TIMEOUT_MS = 15_000;

/** The hall in the middle: starts runs, finds them again, stops them, and sees them out when the server ends. */
export class Runs {
  readonly #options: RunsOptions;
  /** By run id. */
  readonly #active = new Map<string, Run>();
  readonly #recent = new Map<string, Run>();
  #recentCharacters = 0;
  readonly #unkept = new UnkeptRuns();
  readonly #perApp = new Map<string, number>();
  /** Turns being committed. */
  readonly #accepting = new Set<Promise<unknown>>();
  readonly #graces = new WeakMap<Run, NodeJS.Timeout>();
  /** Aborts background work (titles) when the server ends. */
  readonly #closing = new AbortController();
  readonly #titles = new Set<Promise<void>>();

  constructor(options: RunsOptions) {
    this.#options = options;
  }

  /**
   * Accepts a turn and begins to execute it. The turn is committed when this resolves.
   *
   * @param beforeExecuting gets the run when it is committed, and before its engine has begun
   * @throws ParleyError with what is wrong; nothing was written then.
   */
  async start(request: RunRequest, beforeExecuting?: (run: Run) => void): Promise<Run> {
    if (this.#closing.signal.aborted) {
      throw new ParleyError('internal_server_error', 503, 'The server is shutting down.');
    }
    const { conversationId, keep = true, exclusive } = request;
    if (exclusive && conversationId !== null && this.#unkept.has(conversationId)) throw conversationBusy();
    this.#takeSlot(request.app);
    const accepting = this.#accept(request);
    this.#accepting.add(accepting);
    let accepted: AcceptedRun;
    try {
      accepted = await accepting;
    } catch (error) {
      this.#freeSlot(request.app);
      if (!keep && conversationId !== null) this.#unkept.letGo(conversationId);
      throw error;
    } finally {
      this.#accepting.delete(accepting);
    }
    const run = new Run(accepted.facts, new RunLog(this.#flushJournal), () => this.#deserted(run));
    this.#active.set(run.facts.id, run);
    if (!keep) this.#unkept.add(run);
    // Accepted while the server began to end: it ends as the others do, with its terminal event.
    if (this.#closing.signal.aborted) run.stop('shutdown');
    beforeExecuting?.(run);
    void this.#execute(run, accepted, request);
    return run;
  }

  /** Apart from `start`, whose closures live as long as the run is remembered. */
  async #accept(request: RunRequest): Promise<AcceptedRun> {
    const { conversationId, keep = true } = request;
    if (!keep && conversationId !== null) {
      this.#unkept.hold(conversationId);
      // Turns that have not met it there are committed, or refused, before it looks for them.
      await Promise.allSettled(this.#accepting);
    }
    const engine = this.#options.engines[request.app.mode];
    return acceptRun(this.#options, request, (app) => engine.check(app));
  }

  /** A run of this owner: going on, or ended a short while ago. */
  find(owner: Owner, runId: string): Run | undefined {
    const run = this.#active.get(runId) ?? this.#recent.get(runId);
    return run && run.facts.owner.appId === owner.appId && run.facts.owner.endUserId === owner.endUserId
      ? run
      : undefined;
  }

  /** Stops the owner's run. One that is unknown, ended or somebody else's is left alone, without a word. */
  stop(owner: Owner, runId: string): void {
    this.find(owner, runId)?.stop('user');
  }

  /**
   * Gives up a turn, which the caller has read as its owner: it is no context of later turns, and its conversation is
   * free for the next one. The run itself goes on; `interrupt` stops it too. `ended` when the run had ended before: an
   * ended run stays as it ended.
   */
  async cancel(
    runId: string,
    { interrupt }: { readonly interrupt: boolean },
  ): Promise<{ readonly canceledAt: number } | 'ended'> {
    const result = await cancelRun(this.#options.store, runId);
    if (result === 'ended') return result;
    const run = this.#active.get(runId);
    run?.markCanceled(result.canceledAt);
    if (interrupt) run?.stop('user');
    return result;
  }

  /** The running turn of a conversation (which the caller has read as its owner) that is not kept, if there is one. */
  findUnkept(conversationId: string): Run | undefined {
    return this.#unkept.find(conversationId);
  }

  /** The same as `cancel` for a turn that is not kept. */
  cancelUnkept(
    run: Run,
    { interrupt }: { readonly interrupt: boolean },
  ): { readonly canceledAt: number } | 'ended' {
    const now = Date.now();
    if (!run.markCanceled(now)) return 'ended';
    this.#unkept.remove(run);
    if (interrupt) run.stop('user');
    return { canceledAt: run.canceledAt ?? now };
  }

  /**
   * Takes no more runs, gives those going on `graceMs` to end, then stops the rest. Resolves when all have ended
   * and their streams have had their last event.
   */
  async drain(graceMs: number): Promise<void> {
    this.#closing.abort();
    const ended = () => Promise.all([...this.#active.values()].map((run) => run.ended));
    await within(graceMs, ended());
    for (const run of this.#active.values()) run.stop('shutdown');
    // A store that does not answer holds nobody for ever.
    await within(LAST_WRITES_MS, Promise.allSettled(this.#accepting));
    await within(LAST_WRITES_MS, ended());
    await within(LAST_WRITES_MS, Promise.all(this.#titles));
  }

  readonly #flushJournal = (): void => this.#options.journal.flush();

  async #execute(run: Run, accepted: AcceptedRun, request: RunRequest): Promise<void> {
    const { observer, maxExecutionMs, engines } = this.#options;
    observer.started(run);
    const limit = setTimeout(() => run.stop('timeout'), maxExecutionMs);
    let untitled = request.autoGenerateName && accepted.isNewConversation;
    // Not before the answer begins: a model that serves one request at a time must not write the title first.
    const findTitle = () => {
      if (!untitled) return;
      untitled = false;
      const title = this.#findTitle(run, accepted).finally(() => this.#titles.delete(title));
      this.#titles.add(title);
    };
    try {
      await executeRun(
        this.#options,
        run,
        engines[request.app.mode],
        {
          ...accepted,
          user: request.endUser.sessionId,
          queryFrom: request.queryFrom ?? null,
          aloud: request.aloud ?? true,
        },
        { onFirstText: findTitle, suggest: this.#suggest(run, accepted, request) },
      );
    } finally {
      findTitle();
      clearTimeout(limit);
      this.#active.delete(run.facts.id);
      this.#freeSlot(run.facts.app);
      if (run.facts.kept) this.#keepRecent(run);
      else this.#unkept.remove(run);
    }
  }

  #keepRecent(run: Run): void {
    this.#recent.set(run.facts.id, run);
    this.#recentCharacters += run.log.size;
    for (const [id, { log }] of this.#recent) {
      if (this.#recent.size <= RECENT_RUNS && this.#recentCharacters <= RECENT_CHARACTERS) break;
      this.#recent.delete(id);
      this.#recentCharacters -= log.size;
    }
  }

  /** Never delays the answer, and never fails a run: without a title the beginning of the query stays. */
  async #findTitle(run: Run, { conversation, query }: AcceptedRun): Promise<void> {
    if (!conversation) return;
    const { store, services, observer } = this.#options;
    const signal = AbortSignal.any([AbortSignal.timeout(TITLE_TIMEOUT_MS), this.#closing.signal]);
    const title = await services
      .writeTitle(run.facts.app, query, { signal })
      .catch(() => fallbackTitle(query));
    await setGeneratedTitle(store, run.facts.owner, conversation.id, {
      from: conversation.name,
      to: title.replaceAll('\0', ''),
    }).catch((error) => observer.failed(run, error));
  }

  /** Questions that may follow, where they are wanted. A model that fails or takes too long suggests none. */
  #suggest(
    { facts, signal }: Run,
    { query, conversation }: AcceptedRun,
    { followUps }: RunRequest,
  ): ((answer: string) => Promise<readonly string[]>) | null {
    if (!followUps || !conversation || !facts.app.config.suggestedQuestionsAfterAnswer) return null;
    const { services } = this.#options;
    return (answer) =>
      services
        .suggestQuestions(
          facts.app,
          facts.owner,
          {
            id: facts.messageId,
            conversation_id: conversation.id,
            section: facts.section,
            created_at: facts.createdAt,
            query,
            answer,
          },
          { signal: AbortSignal.any([AbortSignal.timeout(SUGGEST_TIMEOUT_MS), signal]) },
        )
        .catch(() => []);
  }

  #deserted(run: Run): void {
    const rule = run.facts.app.settings.onDisconnect;
    if (rule.kind === 'continue') return;
    // A reader that came back in between begins a new grace.
    clearTimeout(this.#graces.get(run));
    const timer = setTimeout(() => {
      if (run.readers === 0) run.stop('disconnect');
    }, rule.afterMs);
    this.#graces.set(run, timer);
    void run.ended.then(() => clearTimeout(timer));
  }

  /** `facts/dify-wire.md` §11.2, answered as documented: 429. */
  #takeSlot(app: App): void {
    const running = this.#perApp.get(app.id) ?? 0;
    const limit = app.settings.maxConcurrency;
    if (limit !== null && running >= limit) {
      throw new ParleyError(
        'too_many_requests',
        429,
        'Too many requests. Please try again later. ' +
          `The current maximum concurrent requests allowed for ${app.id} is ${limit}.`,
      );
    }
    this.#perApp.set(app.id, running + 1);
  }

  #freeSlot(app: App): void {
    const running = (this.#perApp.get(app.id) ?? 1) - 1;
    if (running > 0) this.#perApp.set(app.id, running);
    else this.#perApp.delete(app.id);
  }
}

/** Where the model gives no title: the query, or its first 47 characters (`facts/dify-wire.md` §7.1). */
function fallbackTitle(query: string): string {
  const characters = [...query];
  return characters.length <= 50 ? query : `${characters.slice(0, 47).join('')}...`;
}

async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([promise, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}
