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
  #pending = '';
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
   * fail (a full disk): answers then go on without this safety.
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

  /** Notes text of a run; on disk after `flush`. */
  append(runId: string, text: string, replaces: boolean): void {
    this.#pending += replaces
      ? `${JSON.stringify([runId, text, 1])}\n`
      : `${JSON.stringify([runId, text])}\n`;
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
    if (this.#pending === '') return;
    const pending = this.#pending;
    this.#pending = '';
    this.#guarded(() => {
      const written = writeSync(this.#segment.fd, pending);
      this.#segment.bytes += written;
      const size = Buffer.byteLength(pending);
      // On a full disk a write can end early. The next line then begins on a line of its own.
      if (written < size) {
        this.#pending = '\n';
        throw new Error(`journal: ${written} of ${size} bytes written`);
      }
      if (this.#segment.bytes < SEGMENT_BYTES) return;
      const full = this.#segment;
      this.#segment = this.#open();
      this.#dropIfUnused(full);
    });
  }

  /** The run's outcome is committed: its text is needed here no longer. */
  release(runId: string): void {
    const segments = this.#runs.get(runId);
    if (!segments) return;
    this.#runs.delete(runId);
    this.#guarded(() => {
      for (const segment of segments) {
        segment.runs--;
        this.#dropIfUnused(segment);
      }
      if (this.#runs.size === 0 && this.#segment.bytes > IDLE_BYTES) {
        ftruncateSync(this.#segment.fd);
        this.#segment.bytes = 0;
      }
    });
  }

  close(): void {
    this.flush();
    closeSync(this.#segment.fd);
    if (this.#runs.size === 0) rmSync(this.#segment.path, { force: true });
  }

  /** What fails here is told, and no run or server fails with it. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#onError(error);
    }
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

/** Null for the empty last line, and for one that was cut off when the process died. */
function parseLine(line: string): [string, string, number?] | null {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
