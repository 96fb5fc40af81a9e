import type { NodeExecutionRow } from '../store/schema.ts';
import { boundedJson } from './bounded-json.ts';
import { nodeMetadata } from './node-metadata.ts';
import type { NodeEvent } from './workflow-event.ts';

/** How long what a node did waits for others to be stored with it. A crash loses hardly more than that. */
const TOGETHER_MS = 1_000;
/** Nodes, and characters of them, that do not wait any longer. */
const MOST = 200;
const MOST_CHARACTERS = 4 * 1024 ** 2;
/** Of each of a node's values, and of all of a run's nodes: a record, no copy of everything that went through. */
const FIELD_CHARACTERS = 256 * 1024;
const RUN_CHARACTERS = 16 * 1024 ** 2;

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
  #resting = false;
  #count = 0;
  /** Of all rows, and of those that are pending. */
  #characters = 0;
  #waiting = 0;

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

  add(event: NodeEvent): void {
    if (event.kind !== 'node_finished') return;
    this.#count += 1;
    // Of a run that has filled its room, later nodes keep their names and ends.
    const room = Math.max(0, Math.min(FIELD_CHARACTERS, RUN_CHARACTERS - this.#characters));
    const row: NodeExecutionRow = {
      id: event.executionId,
      app_id: this.#of.appId,
      workflow_run_id: this.#of.workflowRunId,
      node_id: event.nodeId,
      node_type: event.nodeType,
      title: event.title.replaceAll('\0', ''),
      position: this.#count,
      status: event.status,
      inputs: boundedJson(event.inputs, room),
      process_data: boundedJson(event.processData, room),
      outputs: boundedJson(event.outputs, room),
      error: event.error?.replaceAll('\0', '').slice(0, FIELD_CHARACTERS) ?? null,
      elapsed_ms: Math.round(event.elapsedMs),
      metadata: boundedJson(nodeMetadata(event), room),
      created_at: Math.round(event.startedAt),
      finished_at: Math.round(event.at),
    };
    const characters = row.inputs.length + row.process_data.length + row.outputs.length + row.metadata.length;
    this.#characters += characters;
    this.#waiting += characters;
    this.#pending.push(row);
    if (this.#pending.length >= MOST || this.#waiting >= MOST_CHARACTERS) this.#flush();
    else this.#wait();
  }

  /** What is not stored yet, once nothing is being stored any more. Nothing is added afterwards. */
  async rest(): Promise<readonly NodeExecutionRow[]> {
    this.#resting = true;
    clearTimeout(this.#timer);
    // A flush that fails gives back what it took.
    while (this.#writing) await this.#writing;
    clearTimeout(this.#timer);
    return this.#pending;
  }

  #wait(): void {
    this.#timer ??= setTimeout(() => this.#flush(), TOGETHER_MS).unref();
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#writing || this.#pending.length === 0) return;
    const rows = this.#pending;
    this.#pending = [];
    this.#waiting = 0;
    this.#writing = this.#write(rows)
      .catch((error) => {
        this.#onError(error);
        this.#pending = [...rows, ...this.#pending];
      })
      .then(() => {
        this.#writing = null;
        // What came meanwhile, or came back, does not wait for another node.
        if (this.#pending.length > 0 && !this.#resting) this.#wait();
      });
  }
}
