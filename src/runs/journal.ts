import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Made, type MadeChange, NOTHING_MADE, withChange } from './made.ts';

/** Bytes after which a new segment is begun. */
const SEGMENT_BYTES = 16 * 1024 * 1024;
/** Bytes after which a segment that no run needs is emptied. */
const IDLE_BYTES = 64 * 1024;

/** What runs had made when their process died. */
export type RecoveredRuns = ReadonlyMap<string, Made>;

/**
 * Answers in the making, and the thoughts and files that belong to them, written to a file before they are sent, so that a killed process loses nothing a client
 * has seen. One small write per event-loop turn serves all runs: some microseconds, where a database commit per
 * token would cost as much as the whole relay. The database takes over when the run ends.
 *
 * Lines are JSON: `[runId, text]` adds to the answer, `[runId, text, 1]` replaces it, `[runId, thought, 2]` is a thought
 * as it is now, `[runId, file, 3]` a file, `[runId, text, 4]` an aside, which belongs to the open thought.
 */
export class Journal {
  readonly #dir: string;
  /** Milliseconds since 1970; in the names of its segments. */
  readonly #began: number;
  #segment: Segment;
  /** Lines that the next `flush` writes. */
  #pending = '';
  /** Runs with changes that are not on disk, and what each of them has made in all. */
  readonly #unsaved = new Map<string, () => Made>();
  /** The last write failed or ended early: there are gaps, and the file may end within a line. */
  #torn = false;
  /** Trouble is told once until all is well again, not in every turn of the event loop. */
  #told = false;
  /** Segments that hold text of runs still going on, per run. */
  readonly #runs = new Map<string, Set<Segment>>();
  #count = 0;

  readonly #onError: (error: unknown) => void;

  private constructor(dir: string, began: number, onError: (error: unknown) => void) {
    this.#dir = dir;
    this.#began = began;
    this.#onError = onError;
    this.#segment = this.#open();
  }

  /**
   * Opens the journal of a data folder, and gives what an earlier process left in it. `onError` hears of writes that
   * fail (a full disk): answers then go on without this safety until writes succeed again.
   */
  static open(
    dir: string,
    onError: (error: unknown) => void,
  ): { journal: Journal; recovered: RecoveredRuns; clear(): void } {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const names = readdirSync(dir)
      .filter((name) => name.endsWith('.journal'))
      .sort();
    const left = names.map((name) => join(dir, name));
    const recovered = recover(left);
    // Later than everything that is there, also after the clock was set back.
    const began = Math.max(Date.now(), Number.parseInt(names.at(-1) ?? '0', 10) + 1);
    return {
      journal: new Journal(dir, began, onError),
      recovered,
      clear: () => {
        for (const path of left) rmSync(path, { force: true });
      },
    };
  }

  /**
   * Notes what a run makes; on disk after `flush`. `whole` gives all that the run has made, this included: what is
   * written once a failure is over, for then the pieces have gaps between them.
   */
  append(runId: string, change: MadeChange, whole: () => Made): void {
    this.#unsaved.set(runId, whole);
    if (!this.#torn) this.#pending += line(runId, change);
    let segments = this.#runs.get(runId);
    if (!segments) {
      segments = new Set();
      this.#runs.set(runId, segments);
    }
    if (!segments.has(this.#segment)) {
      segments.add(this.#segment);
      this.#segment.runs++;
    }
  }

  /** Hands what is pending to the operating system. Call before any of it is sent to a client. */
  flush(): void {
    if (this.#unsaved.size === 0) return;
    try {
      if (this.#torn) {
        // Alone and first: it ends a line that was cut off, and costs little while the disk is still full.
        this.#write('\n');
        for (const [runId, whole] of this.#unsaved) this.#pending += lines(runId, whole());
      }
      this.#write(this.#pending);
      this.#torn = false;
      this.#unsaved.clear();
    } catch (error) {
      this.#torn = true;
      this.#tell(error);
    }
    this.#pending = '';
    if (!this.#torn) this.#rotate();
  }

  #write(text: string): void {
    const written = writeSync(this.#segment.fd, text);
    this.#segment.bytes += written;
    const size = Buffer.byteLength(text);
    if (written < size) throw new Error(`journal: ${written} of ${size} bytes written`);
  }

  #rotate(): void {
    try {
      if (this.#segment.bytes >= SEGMENT_BYTES) {
        const full = this.#segment;
        this.#segment = this.#open();
        this.#dropIfUnused(full);
      }
      this.#told = false;
    } catch (error) {
      this.#tell(error);
    }
  }

  /** The run's outcome is committed: its text is needed here no longer. */
  release(runId: string): void {
    const segments = this.#runs.get(runId);
    if (!segments) return;
    this.#runs.delete(runId);
    this.#unsaved.delete(runId);
    try {
      for (const segment of segments) {
        segment.runs--;
        this.#dropIfUnused(segment);
      }
      if (this.#runs.size === 0 && this.#segment.bytes > IDLE_BYTES) {
        ftruncateSync(this.#segment.fd);
        this.#segment.bytes = 0;
      }
    } catch (error) {
      this.#tell(error);
    }
  }

  close(): void {
    this.flush();
    closeSync(this.#segment.fd);
    if (this.#runs.size === 0) rmSync(this.#segment.path, { force: true });
  }

  /** No run or server fails with the journal. */
  #tell(error: unknown): void {
    if (!this.#told) this.#onError(error);
    this.#told = true;
  }

  #open(): Segment {
    // Names sort by age, across processes too.
    const name = `${String(this.#began).padStart(15, '0')}-${String(this.#count++).padStart(9, '0')}.journal`;
    const path = join(this.#dir, name);
    return { path, fd: openSync(path, 'ax', 0o600), bytes: 0, runs: 0 };
  }

  #dropIfUnused(segment: Segment): void {
    if (segment === this.#segment || segment.runs > 0) return;
    closeSync(segment.fd);
    rmSync(segment.path, { force: true });
  }
}

interface Segment {
  readonly path: string;
  readonly fd: number;
  bytes: number;
  /** Runs going on that have text in here. */
  runs: number;
}

function line(runId: string, change: MadeChange): string {
  return `${JSON.stringify(entryOf(runId, change))}\n`;
}

function entryOf(runId: string, change: MadeChange): readonly unknown[] {
  switch (change.kind) {
    case 'text':
      return [runId, change.text];
    case 'replaced':
      return [runId, change.text, 1];
    case 'thought':
      return [runId, change.thought, 2];
    case 'file':
      return [runId, change.file, 3];
    case 'aside':
      return [runId, change.text, 4];
  }
}

/** Files come anew with each failure that is over; their ids tell. */
function lines(runId: string, { answer, thoughts, files }: Made): string {
  return [
    line(runId, { kind: 'replaced', text: answer }),
    ...thoughts.map((thought) => line(runId, { kind: 'thought', thought })),
    ...files.map((file) => line(runId, { kind: 'file', file })),
  ].join('');
}

function recover(paths: readonly string[]): Map<string, Made> {
  const runs = new Map<string, Made>();
  for (const path of paths) {
    for (const text of readFileSync(path, 'utf8').split('\n')) {
      const entry = parseLine(text);
      if (entry) runs.set(entry.runId, withEntry(runs.get(entry.runId) ?? NOTHING_MADE, entry.change));
    }
  }
  return runs;
}

function withEntry(made: Made, change: MadeChange): Made {
  const known = change.kind === 'file' && made.files.some(({ id }) => id === change.file.id);
  return known ? made : withChange(made, change);
}

/** Null for an empty line, and for one that was cut off when the process died or the disk was full. */
function parseLine(line: string): { readonly runId: string; readonly change: MadeChange } | null {
  try {
    const [runId, value, kind] = JSON.parse(line);
    switch (kind) {
      case 2:
        return { runId, change: { kind: 'thought', thought: value } };
      case 3:
        return { runId, change: { kind: 'file', file: value } };
      case 4:
        return { runId, change: { kind: 'aside', text: value } };
      default:
        return { runId, change: { kind: kind === 1 ? 'replaced' : 'text', text: value } };
    }
  } catch {
    return null;
  }
}
