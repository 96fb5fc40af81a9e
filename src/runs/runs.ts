import { ParleyError } from '../errors.ts';
import { setGeneratedTitle } from '../store/conversations.ts';
import type { Owner } from '../store/owner.ts';
import { cancelRun } from '../store/runs.ts';
import type { ConversationRow } from '../store/schema.ts';
import { type AcceptedRun, acceptRun, conversationBusy } from './accept-run.ts';
import type { AppSlots } from './app-slots.ts';
import { executeRun } from './execute-run.ts';
import { type Made, NOTHING_MADE } from './made.ts';
import { RecentRuns } from './recent-runs.ts';
import { type ResumedRun, type ResumeRequest, resumeRun } from './resume-run.ts';
import { Run } from './run.ts';
import { RunLog } from './run-log.ts';
import type { RunRequest } from './run-request.ts';
import type { RunsOptions } from './runs-options.ts';
import { UnkeptRuns } from './unkept-runs.ts';

/** How long the end of the server waits for the store, per kind of write. */
const LAST_WRITES_MS = 12_000;
/** How long a title may take. */
const TITLE_TIMEOUT_MS = 30_000;
/** How long an answer that is whole may wait for questions that follow it. */
const SUGGEST_TIMEOUT_MS = 15_000;

interface Untitled {
  readonly query: string;
  readonly conversation: ConversationRow;
}

/** What a run does beside its answer. */
interface Extras {
  /** A new conversation that wants a title. */
  readonly title: Untitled | null;
  /** Suggests questions as part of the run. */
  readonly followUps: boolean;
}

/** The hall in the middle: starts runs, finds them again, stops them, and sees them out when the server ends. */
export class Runs {
  readonly #options: RunsOptions;
  /** By run id. */
  readonly #active = new Map<string, Run>();
  readonly #recent = new RecentRuns();
  readonly #unkept = new UnkeptRuns();
  readonly #slots: AppSlots;
  /** Turns being committed. */
  readonly #accepting = new Set<Promise<unknown>>();
  readonly #graces = new WeakMap<Run, NodeJS.Timeout>();
  /** Aborts background work (titles) when the server ends. */
  readonly #closing = new AbortController();
  readonly #titles = new Set<Promise<void>>();

  constructor(options: RunsOptions) {
    this.#options = options;
    this.#slots = options.slots;
  }

  /**
   * Accepts a turn and begins to execute it. The turn is committed when this resolves.
   *
   * @param beforeExecuting gets the run when it is committed, and before its engine has begun
   * @throws ParleyError with what is wrong; nothing was written then.
   */
  async start(request: RunRequest, beforeExecuting?: (run: Run) => void): Promise<Run> {
    this.#refuseWhenClosing();
    const { conversationId, keep = true, exclusive } = request;
    if (exclusive && conversationId !== null && this.#unkept.has(conversationId)) throw conversationBusy();
    this.#slots.take(request.app);
    const accepting = this.#accept(request);
    this.#accepting.add(accepting);
    let accepted: AcceptedRun;
    try {
      accepted = await accepting;
    } catch (error) {
      this.#slots.free(request.app);
      if (!keep && conversationId !== null) this.#unkept.letGo(conversationId);
      throw error;
    } finally {
      this.#accepting.delete(accepting);
    }
    const { query, conversation, isNewConversation } = accepted;
    const given = {
      ...accepted,
      user: request.endUser.sessionId,
      queryFrom: request.queryFrom ?? null,
      aloud: request.aloud ?? true,
      showsFiles: request.showsFiles ?? true,
      callerExecutes: request.callerExecutes ?? false,
      resumed: null,
      fileUrl: request.fileUrl ?? noAddress,
    };
    const title =
      request.autoGenerateName && isNewConversation && conversation ? { query, conversation } : null;
    return this.#begin(
      given,
      NOTHING_MADE,
      { title, followUps: request.followUps ?? false },
      beforeExecuting,
    );
  }

  /**
   * Lets a paused turn go on with what its caller brings; that is committed when this resolves. The run has the id of
   * the one that paused, and a log of its own.
   *
   * @param beforeExecuting as in `start`; with what the turn had made, the caller's outputs included
   * @throws ParleyError with what is wrong (`resumeRun`); nothing was written then.
   */
  async resume(request: ResumeRequest, beforeExecuting?: (run: Run, before: Made) => void): Promise<Run> {
    this.#refuseWhenClosing();
    if (this.#unkept.has(request.conversation.id)) throw conversationBusy();
    this.#slots.take(request.app);
    const engine = this.#options.engines[request.app.mode];
    const resuming = resumeRun(this.#options, request, (app) => engine.check(app));
    this.#accepting.add(resuming);
    let resumed: ResumedRun;
    try {
      resumed = await resuming;
    } catch (error) {
      this.#slots.free(request.app);
      throw error;
    } finally {
      this.#accepting.delete(resuming);
    }
    const { accepted, before, usage } = resumed;
    this.#recent.remove(accepted.facts.id);
    this.#journalAgain(accepted.facts.id, before);
    const given = {
      ...accepted,
      user: request.endUser.sessionId,
      queryFrom: null,
      aloud: false,
      showsFiles: request.showsFiles,
      callerExecutes: true,
      resumed: { thoughts: before.thoughts, usage },
      fileUrl: noAddress,
    };
    return this.#begin(given, before, { title: null, followUps: request.followUps }, beforeExecuting);
  }

  /** What the journal has of the time before the pause is older than what the store has: outputs have come since. */
  #journalAgain(runId: string, made: Made): void {
    const { journal } = this.#options;
    const whole = () => made;
    journal.append(runId, { kind: 'replaced', text: made.answer }, whole);
    for (const thought of made.thoughts) journal.append(runId, { kind: 'thought', thought }, whole);
    for (const file of made.files) journal.append(runId, { kind: 'file', file }, whole);
    journal.flush();
  }

  #begin(
    given: Parameters<typeof executeRun>[3],
    before: Made,
    extras: Extras,
    beforeExecuting?: (run: Run, before: Made) => void,
  ): Run {
    const run = new Run(given.facts, new RunLog(this.#flushJournal), () => this.#deserted(run));
    this.#active.set(run.facts.id, run);
    if (!run.facts.kept) this.#unkept.add(run);
    // Accepted while the server began to end: it ends as the others do, with its terminal event.
    if (this.#closing.signal.aborted) run.stop('shutdown');
    beforeExecuting?.(run, before);
    void this.#execute(run, given, before, extras);
    return run;
  }

  #refuseWhenClosing(): void {
    if (this.#closing.signal.aborted)
      throw new ParleyError('internal_server_error', 503, 'The server is shutting down.');
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

  async #execute(
    run: Run,
    given: Parameters<typeof executeRun>[3],
    before: Made,
    { title, followUps }: Extras,
  ): Promise<void> {
    const { observer, maxExecutionMs, engines } = this.#options;
    observer.started(run);
    const limit = setTimeout(() => run.stop('timeout'), maxExecutionMs);
    let untitled = title;
    // Not before the answer begins: a model that serves one request at a time must not write the title first.
    const findTitle = () => {
      if (!untitled) return;
      const finding = this.#findTitle(run, untitled).finally(() => this.#titles.delete(finding));
      untitled = null;
      this.#titles.add(finding);
    };
    try {
      await executeRun(this.#options, run, engines[run.facts.app.mode], given, before, {
        onFirstText: findTitle,
        suggest: followUps ? this.#suggest(run, given) : null,
      });
    } finally {
      findTitle();
      clearTimeout(limit);
      if (this.#active.get(run.facts.id) === run) this.#active.delete(run.facts.id);
      this.#slots.free(run.facts.app);
      if (run.facts.kept) this.#recent.add(run);
      else this.#unkept.remove(run);
    }
  }

  /** Never delays the answer, and never fails a run: without a title the beginning of the query stays. */
  async #findTitle(run: Run, { conversation, query }: Untitled): Promise<void> {
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
  ): ((answer: string) => Promise<readonly string[]>) | null {
    if (!conversation || !facts.app.config.suggestedQuestionsAfterAnswer) return null;
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
}

function noAddress(): string {
  return '';
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
