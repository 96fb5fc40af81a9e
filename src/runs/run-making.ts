import { withoutNul } from '../config/without-nul.ts';
import type { NodeExecutionRow } from '../store/schema.ts';
import type { EngineEvent } from './engine.ts';
import type { Made, MadeChange } from './made.ts';
import { NodeRecorder } from './node-recorder.ts';
import type { Run } from './run.ts';
import type { RunFile } from './run-file.ts';
import type { RunsOptions } from './runs-options.ts';
import { sizeOfEvent } from './size-of-event.ts';
import { openThought, type Thought, withThought } from './thought.ts';

/**
 * What a run makes while its engine works: noted in the journal, then in the log for readers. Of a workflow, what its
 * nodes did goes to the store as well.
 */
export class RunMaking {
  readonly #run: Run;
  readonly #parts: Pick<RunsOptions, 'journal' | 'recorder' | 'observer'>;
  readonly #began: number;
  readonly #onFirstText: () => void;
  readonly #nodes: NodeRecorder | null;
  // Text by itself: the path of a token copies nothing.
  #answer: string;
  #thoughts: readonly Thought[];
  #files: readonly RunFile[];
  /** Since the last thought was told: what an open one has come to. */
  #said = '';
  #thinking = false;
  #spoken = false;
  #first = true;
  #open = true;

  /**
   * @param before what the run had made when it paused
   * @param began in milliseconds of `performance.now()`
   */
  constructor(
    parts: Pick<RunsOptions, 'journal' | 'recorder' | 'observer'>,
    run: Run,
    before: Made,
    { began, onFirstText }: { readonly began: number; readonly onFirstText: () => void },
  ) {
    this.#parts = parts;
    this.#run = run;
    this.#began = began;
    this.#onFirstText = onFirstText;
    this.#nodes = nodeRecorder(parts, run);
    this.#answer = before.answer;
    this.#thoughts = before.thoughts;
    this.#files = before.files;
  }

  /** Nothing that the engine says is heard any more. */
  close(): void {
    this.#open = false;
  }

  /** All of it so far; `spoken`: some of it also aloud. */
  get made(): Made & { readonly spoken: boolean } {
    return { ...this.#whole(), spoken: this.#spoken };
  }

  /** Nodes that are not stored yet. Nothing is made afterwards. */
  async nodesLeft(): Promise<readonly NodeExecutionRow[]> {
    return (await this.#nodes?.rest()) ?? [];
  }

  readonly emit = (given: EngineEvent): void => {
    if (!this.#open) return;
    const event = clean(given);
    let size = 0;
    switch (event.kind) {
      case 'text':
        if (this.#first && event.text !== '') this.#begin();
        this.#answer += event.text;
        if (this.#thinking) this.#said += event.text;
        this.#note(event);
        break;
      case 'text_replaced':
        this.#answer = event.text;
        this.#note({ kind: 'replaced', text: event.text });
        break;
      case 'thought':
        this.#thoughts = withThought(this.#thoughts, event.thought);
        this.#thinking = event.thought.open === true;
        this.#said = '';
        this.#note(event);
        break;
      case 'file':
        this.#files = [...this.#files, event.file];
        this.#note(event);
        break;
      case 'aside':
        if (this.#thinking) this.#said += event.text;
        this.#note(event);
        break;
      case 'audio':
        this.#spoken = true;
        break;
      case 'node':
        this.#nodes?.add(event.event);
        size = sizeOfEvent(event.event);
        break;
      case 'workflow_started':
        size = sizeOfEvent(event);
        break;
    }
    this.#run.log.append(event, size);
  };

  #begin(): void {
    this.#first = false;
    this.#parts.observer.firstText(this.#run, performance.now() - this.#began);
    this.#onFirstText();
  }

  #note(change: MadeChange): void {
    const { id, kept } = this.#run.facts;
    if (kept) this.#parts.journal.append(id, change, this.#whole);
  }

  readonly #whole = (): Made => {
    const open = openThought(this.#thoughts);
    const thoughts =
      open && this.#said !== ''
        ? withThought(this.#thoughts, { ...open, text: open.text + this.#said })
        : this.#thoughts;
    return { answer: this.#answer, thoughts, files: this.#files };
  };
}

function nodeRecorder(
  { recorder, observer }: Pick<RunsOptions, 'recorder' | 'observer'>,
  run: Run,
): NodeRecorder | null {
  const { app, workflowRunId, kept } = run.facts;
  if (workflowRunId === null || !kept) return null;
  return new NodeRecorder(
    { appId: app.id, workflowRunId },
    (rows) => recorder.keepNodes(rows),
    (error) => observer.failed(run, error),
  );
}

/** What comes with every token costs no more than a look at its text; of values, NUL is no letter in JSON. */
function clean(event: EngineEvent): EngineEvent {
  if (event.kind === 'audio' || event.kind === 'node' || event.kind === 'workflow_started') return event;
  if ((event.kind === 'text' || event.kind === 'aside') && !event.text.includes('\0')) return event;
  return withoutNul(event);
}
