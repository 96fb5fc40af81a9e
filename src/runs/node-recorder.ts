import type { NodeExecutionRow } from '../store/schema.ts';
import { nodeMetadata } from './node-metadata.ts';
import type { NodeEvent } from './workflow-event.ts';

/** How long what a node did waits for others to be stored with it. A crash loses no more than that. */
const TOGETHER_MS = 1_000;
/** Nodes that do not wait any longer. */
const MOST = 200;

/**
 * Keeps what the nodes of one run did: stored while it goes on, many at once, and the last ones with its outcome. Only
 * nodes that have ended are kept.
 */
export class NodeRecorder {
  readonly #of: { readonly appId: string; readonly workflowRunId: string };
  readonly #write: (rows: readonly NodeExecutionRow[]) => Promise<void>;
  readonly #onError: (error: unknown) => void;
  #pending: NodeExecutionRow[] = [];
  #writing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #count = 0;

  /** @param write commits rows; called by one at a time */
  constructor(
    of: { readonly appId: string; readonly workflowRunId: string },
    write: (rows: readonly NodeExecutionRow[]) => Promise<void>,
    onError: (error: unknown) => void,
  ) {
    this.#of = of;
    this.#write = write;
    this.#onError = onError;
  }

  /** Answers about how many characters the event holds. */
  add(event: NodeEvent): number {
    if (event.kind !== 'node_finished') return event.kind === 'node_retried' ? 2 * ABOUT : ABOUT;
    this.#count += 1;
    const row: NodeExecutionRow = {
      id: event.executionId,
      app_id: this.#of.appId,
      workflow_run_id: this.#of.workflowRunId,
      node_id: event.nodeId,
      node_type: event.nodeType,
      title: event.title.replaceAll('\0', ''),
      position: this.#count,
      status: event.status,
      inputs: JSON.stringify(event.inputs),
      process_data: JSON.stringify(event.processData),
      outputs: JSON.stringify(event.outputs),
      error: event.error?.replaceAll('\0', '') ?? null,
      elapsed_ms: Math.round(event.elapsedMs),
      metadata: JSON.stringify(nodeMetadata(event)),
      created_at: Math.round(event.startedAt),
      finished_at: Math.round(event.at),
    };
    this.#pending.push(row);
    if (this.#pending.length >= MOST) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), TOGETHER_MS).unref();
    return ABOUT + row.inputs.length + row.process_data.length + row.outputs.length;
  }

  /** What is not stored yet, once nothing is being stored any more. Nothing is added afterwards. */
  async rest(): Promise<readonly NodeExecutionRow[]> {
    clearTimeout(this.#timer);
    // A flush that fails gives back what it took.
    while (this.#writing) await this.#writing;
    clearTimeout(this.#timer);
    return this.#pending;
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#writing || this.#pending.length === 0) return;
    const rows = this.#pending;
    this.#pending = [];
    this.#writing = this.#write(rows)
      .catch((error) => {
        this.#onError(error);
        this.#pending = [...rows, ...this.#pending];
      })
      .then(() => {
        this.#writing = null;
      });
  }
}

/** Characters of an event beside its values. */
const ABOUT = 300;
