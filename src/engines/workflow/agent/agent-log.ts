import type { Thought, ToolUse } from '../../../runs/thought.ts';
import type { UsageRecord } from '../model/usage-record.ts';
import type { NodeContext } from '../node-context.ts';
import type { Value, ValueRecord } from '../values/value.ts';
import type { LogData } from './log-data.ts';

type Status = 'start' | 'success' | 'error';

/** One line of the log: told when it begins, and again when it has ended. */
interface Entry {
  readonly id: string;
  readonly label: string;
  readonly parentId: string | null;
  readonly status: Status;
  readonly error: string | null;
  readonly data: ValueRecord;
  /** Seconds. */
  readonly startedAt: number;
  readonly metadata: ValueRecord;
}

export interface AgentLogOptions {
  /** Of the model, as the app names it. */
  readonly provider: string;
  readonly model: string;
  readonly data: LogData;
  /** Of a tool by the name that the model knows. */
  iconOf(name: string): Value;
}

/**
 * The log of an agent node (`facts/dify-dsl-engine.md` §7.4): a line for each round, and beneath it one for what its model
 * thought and one for each call of a tool.
 */
export class AgentLog {
  readonly #context: Pick<NodeContext, 'report' | 'services' | 'node' | 'executionId'>;
  readonly #options: AgentLogOptions;
  /** In the order of their beginnings. */
  readonly #entries = new Map<string, Entry>();
  readonly #calls = new Map<string, string>();
  #rounds = 0;
  #round: string | null = null;
  #thought: string | null = null;
  /** Of the model's call in this round. */
  #used: ValueRecord = {};

  constructor(
    context: Pick<NodeContext, 'report' | 'services' | 'node' | 'executionId'>,
    options: AgentLogOptions,
  ) {
    this.#context = context;
    this.#options = options;
  }

  /** The model is asked: a round begins. */
  asked(): void {
    const { provider, model } = this.#options;
    this.#rounds += 1;
    this.#round = this.#begin(`ROUND ${this.#rounds}`, null, {});
    this.#thought = this.#begin(`${model} Thought`, this.#round, { provider });
  }

  /** The model has answered. */
  used({ total_tokens, total_price, currency }: UsageRecord): void {
    this.#used = { total_tokens, total_price, currency };
  }

  /** What a thought has come to; one that is still open says nothing. */
  think(thought: Thought): void {
    if (thought.open) return;
    const { data } = this.#options;
    if (this.#thought !== null) this.#end(this.#thought, { data: data.ofModel(thought), more: this.#used });
    this.#thought = null;
    const isDone = thought.uses.length === 0 || thought.uses.some(({ output }) => output !== null);
    if (this.#round === null || !isDone) return;
    this.#end(this.#round, { data: data.ofRound(thought), more: this.#used });
    this.#round = null;
  }

  call(use: ToolUse, state: 'begun' | 'answered' | 'failed'): void {
    if (state === 'begun') {
      const told = { provider: use.provider, icon: this.#options.iconOf(use.name) };
      this.#calls.set(use.id, this.#begin(`CALL ${use.name}`, this.#round, told));
      return;
    }
    const id = this.#calls.get(use.id);
    const error = state === 'failed' ? use.output : null;
    if (id !== undefined) this.#end(id, { data: this.#options.data.ofCall(use), error });
    this.#calls.delete(use.id);
  }

  /** The node fails: so does whatever has not ended. */
  fail(error: string): void {
    for (const { id, status, data } of [...this.#entries.values()].toReversed())
      if (status === 'start') this.#end(id, { data, error });
  }

  /** As they stand now, as the node's metadata has them. */
  get entries(): readonly ValueRecord[] {
    return [...this.#entries.values()].map((entry) => this.#told(entry));
  }

  /** As the node's output `json` has them. */
  get outputs(): readonly ValueRecord[] {
    return this.entries.map(({ node_execution_id: _, ...entry }) => entry as ValueRecord);
  }

  #begin(label: string, parentId: string | null, metadata: ValueRecord): string {
    const { newId, clock } = this.#context.services;
    const id = newId();
    const startedAt = clock.now() / 1000;
    this.#set({ id, label, parentId, status: 'start', error: null, data: {}, startedAt, metadata });
    return id;
  }

  #end(
    id: string,
    { data, error = null, more = {} }: { data: ValueRecord; error?: string | null; more?: ValueRecord },
  ): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    const finished = this.#context.services.clock.now() / 1000;
    const elapsed = Math.round((finished - entry.startedAt) * 1e6) / 1e6;
    const times = { finished_at: finished, elapsed_time: elapsed };
    this.#set({
      ...entry,
      ...{ status: error === null ? 'success' : 'error', error, data },
      metadata: { ...entry.metadata, ...times, ...more },
    });
  }

  #set(entry: Entry): void {
    this.#entries.set(entry.id, entry);
    this.#context.report({ kind: 'agent_log', entry: this.#told(entry) });
  }

  #told({ id, label, parentId, status, error, data, startedAt, metadata }: Entry): ValueRecord {
    return {
      node_execution_id: this.#context.executionId,
      ...{ id, label, parent_id: parentId, error, status, data },
      metadata: { started_at: startedAt, ...metadata },
      node_id: this.#context.node.id,
    };
  }
}
