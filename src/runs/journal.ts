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

/** Bytes after which a new segment is begun. */
const SEGMENT_BYTES = 16 * 1024 * 1024;
/** Bytes after which a segment that no run needs is emptied. */
const IDLE_BYTES = 64 * 1024;

/** What a run had said when its process died. */
export type RecoveredTexts = ReadonlyMap<string, string>;

/**
 * Answers in the making, written to a file before they are sent, so that a killed process loses nothing a client
 * has seen. One small write per event-loop turn serves all runs: some microseconds, where a database commit per
 * token would cost as much as the whole relay. The database takes over when the run ends.
 *
 * Lines are JSON: `[runId, text]` adds to the answer, `[runId, text, 1]` replaces it.
 */
export class Journal {
  readonly #dir: string;
  /** Milliseconds since 1970; in the names of its segments. */
  readonly #began: number;
  #segment: Segment;
  /** Lines that the next `flush` writes. */
  #pending = '';
  /** Runs with text that is not on disk, and what each of them has said in all. */
  readonly #unsaved = new Map<string, () => string>();
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
  ): { journal: Journal; recovered: RecoveredTexts; clear(): void } {
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
   * Notes text of a run; on disk after `flush`. `whole` gives all that the run has said, this text included: what is
   * written once a failure is over, for then the pieces have gaps between them.
   */
  append(runId: string, text: string, replaces: boolean, whole: () => string): void {
    this.#unsaved.set(runId, whole);
    if (!this.#torn) this.#pending += line(runId, text, replaces);
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
        for (const [runId, whole] of this.#unsaved) this.#pending += line(runId, whole(), true);
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

function line(runId: string, text: string, replaces: boolean): string {
  return `${JSON.stringify(replaces ? [runId, text, 1] : [runId, text])}\n`;
}

function recover(paths: readonly string[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const path of paths) {
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      const entry = parseLine(line);
      if (!entry) continue;
      const [runId, text, replaces] = entry;
      texts.set(runId, replaces ? text : (texts.get(runId) ?? '') + text);
    }
  }
  return texts;
}

/** Null for an empty line, and for one that was cut off when the process died or the disk was full. */
function parseLine(line: string): [string, string, number?] | null {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
