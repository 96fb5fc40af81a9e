import { constants } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { ApiExtension, AppSettings } from '../config/config.ts';
import { DEFAULT_APP_SETTINGS } from '../config/default-app-settings.ts';
import type { App } from './app.ts';
import { DslError, type DslProblem } from './dsl/dsl-error.ts';
import {
  type LargeAppReader,
  type ReadAppOfAnySizeOptions,
  readAppOfAnySize,
} from './dsl/read-app-of-any-size.ts';

/** Ids of apps that a look at the folder found new or changed, gone, and broken. */
export interface AppFolderChange {
  readonly loaded: readonly string[];
  readonly removed: readonly string[];
  readonly failed: readonly string[];
}

export interface AppFolderOptions {
  readonly dir: string;
  readonly settings: Readonly<Record<string, AppSettings>>;
  readonly apiExtensions?: Readonly<Record<string, ApiExtension>>;
  /** Without one, workflows and chatflows are not served. */
  readonly workflowReader?: ReadAppOfAnySizeOptions['workflowReader'];
  readonly readLargeApp?: LargeAppReader;
  readonly log: {
    info(facts: object, message: string): void;
    warn(facts: object, message: string): void;
    error(facts: object, message: string): void;
  };
}

const DSL_FILE = /^(?!\.)(.+)\.ya?ml$/;
/** Ids stand in URLs, keys and settings. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const MAX_BYTES = 10n * 1024n ** 2n;

/** A folder of DSL files and the apps that the looks at it found. Looks must not overlap. */
export class AppFolder {
  readonly apps = new Map<string, App>();
  readonly #options: AppFolderOptions;
  /** What each file was at the last look: what has not changed is neither read nor reported again. */
  readonly #seen = new Map<string, string>();
  /** The first file of an id has it until the file is gone. */
  readonly #fileOf = new Map<string, string>();

  constructor(options: AppFolderOptions) {
    this.#options = options;
  }

  /** Reads what changed. Null when nothing did. @throws when the folder itself cannot be read; nothing changes then. */
  async look(): Promise<AppFolderChange | null> {
    const dir = await realpath(this.#options.dir).catch((cause: NodeJS.ErrnoException) => {
      throw new Error(`the apps folder ${this.#options.dir} cannot be read (${cause.code}).`, { cause });
    });
    const names = (await readdir(dir)).filter((name) => DSL_FILE.test(name)).sort();
    const change = { loaded: [] as string[], removed: this.#forget(new Set(names)), failed: [] as string[] };
    for (const name of names) {
      const id = idOf(name);
      const outcome = await this.#lookAt(dir, name, id);
      if (outcome !== 'same') change[outcome].push(id);
    }
    return change.loaded.length + change.removed.length + change.failed.length > 0 ? change : null;
  }

  /** Removes the apps whose files are gone. */
  #forget(names: ReadonlySet<string>): string[] {
    const removed: string[] = [];
    for (const name of [...this.#seen.keys()]) if (!names.has(name)) this.#seen.delete(name);
    for (const [id, name] of [...this.#fileOf]) {
      if (names.has(name)) continue;
      this.#fileOf.delete(id);
      if (!this.apps.delete(id)) continue;
      removed.push(id);
      this.#options.log.info({ app: id }, 'app removed');
    }
    return removed;
  }

  async #lookAt(dir: string, name: string, id: string): Promise<'same' | 'loaded' | 'failed'> {
    let state: string;
    let source: string;
    try {
      this.#claim(name, id);
      const path = await pathInside(dir, name);
      state = await stateOf(path);
      if (this.#seen.get(name) === state) return 'same';
      source = await readText(path);
    } catch (error) {
      return this.#refuse(name, id, error as NodeJS.ErrnoException);
    }
    this.#seen.set(name, state);
    return this.#read(source, name, id);
  }

  #claim(name: string, id: string): void {
    if (!ID.test(id))
      throw new Error('the file name must have only letters, digits, -, _ and . to be an app id');
    const owner = this.#fileOf.get(id) ?? name;
    if (owner !== name) throw new Error(`the app ${id} is already in ${owner}`);
    this.#fileOf.set(id, name);
  }

  async #read(source: string, name: string, id: string): Promise<'loaded' | 'failed'> {
    const { settings, apiExtensions, workflowReader, readLargeApp, log } = this.#options;
    const warnings: DslProblem[] = [];
    try {
      const app = await readAppOfAnySize(source, {
        id,
        file: name,
        settings: (Object.hasOwn(settings, id) && settings[id]) || DEFAULT_APP_SETTINGS,
        ...(apiExtensions && { apiExtensions }),
        ...(workflowReader && { workflowReader }),
        ...(readLargeApp && { readLargeApp }),
        onWarning: (warning) => warnings.push(warning),
      });
      this.apps.set(id, app);
      for (const { line, reason } of warnings) log.warn({ file: name, line }, reason);
      log.info({ app: id, mode: app.mode, version: app.version.slice(0, 12) }, 'app loaded');
      return 'loaded';
    } catch (error) {
      if (!(error instanceof DslError)) throw error;
      for (const { line, reason } of error.problems) this.#report(name, id, line, reason);
      return 'failed';
    }
  }

  /** Reports a file that is not read, once for each reason; it is tried again at every look. */
  #refuse(name: string, id: string, { code, message }: NodeJS.ErrnoException): 'same' | 'failed' {
    const reason = code === undefined ? message : `the file cannot be read (${code})`;
    if (this.#seen.get(name) === reason) return 'same';
    this.#seen.set(name, reason);
    this.#report(name, id, 1, reason);
    return 'failed';
  }

  #report(name: string, id: string, line: number, reason: string): void {
    const serving = this.apps.has(id) && this.#fileOf.get(id) === name;
    this.#options.log.error(
      { file: name, line },
      serving ? `${reason} (the last good version goes on)` : reason,
    );
  }
}

function idOf(name: string): string {
  return DSL_FILE.exec(name)?.[1] ?? name;
}

/** The real path of a file of the folder. Links inside of it are followed: a mounted ConfigMap consists of them. */
async function pathInside(dir: string, name: string): Promise<string> {
  const path = await realpath(join(dir, name));
  if (!path.startsWith(dir.endsWith(sep) ? dir : dir + sep))
    throw new Error('the link leaves the apps folder');
  return path;
}

/** Differs whenever the file's content may differ. */
async function stateOf(path: string): Promise<string> {
  const stats = await stat(path, { bigint: true });
  if (!stats.isFile()) throw new Error('not a regular file');
  if (stats.size > MAX_BYTES) throw new Error('the file is larger than 10 MB');
  return [path, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join();
}

/** Never waits: a named pipe that took the file's place gives nothing instead of blocking. */
async function readText(path: string): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}
