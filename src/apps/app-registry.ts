import { watch } from 'node:fs';
import type { ApiExtension, AppSettings } from '../config/config.ts';
import type { App } from './app.ts';
import { AppFolder, type AppFolderChange } from './app-folder.ts';
import type { LargeAppReader, ReadAppOfAnySizeOptions } from './dsl/read-app-of-any-size.ts';

/** Where the registry reports; a pino logger is one. */
export interface AppLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** The apps of the folder, as they are now. A reader keeps the App it got; a later `get` may give a newer one. */
export interface AppRegistry {
  get(id: string): App | undefined;
  /** Sorted by id. */
  list(): readonly App[];
  /** Looks at the folder now; resolves when what it holds is served. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

export interface AppRegistryOptions {
  readonly dir: string;
  readonly settings: Readonly<Record<string, AppSettings>>;
  readonly apiExtensions?: Readonly<Record<string, ApiExtension>>;
  /** Without one, workflows and chatflows are not served. */
  readonly workflowReader?: ReadAppOfAnySizeOptions['workflowReader'];
  /** Without one, large files stop everything else while they are read. */
  readonly readLargeApp?: LargeAppReader;
  readonly log: AppLog;
  /** Called after each look at the folder that found something new, once it is served. */
  readonly onChange?: (change: AppFolderChange) => void;
  /** How often the folder is looked at without a notification, for volumes that send none. */
  readonly pollMs?: number;
}

const POLL_MS = 3_000;
/** An editor saves in several steps; the folder is read when they are over. */
const SETTLE_MS = 100;

/**
 * Loads the apps of a folder and keeps up with it: a changed file is served without a restart, a broken one is
 * reported while its last good version goes on, a removed one is gone.
 *
 * @throws Error when the folder cannot be read at all.
 */
export async function openAppRegistry(options: AppRegistryOptions): Promise<AppRegistry> {
  const { dir, log, onChange, pollMs = POLL_MS } = options;
  const folder = new AppFolder(options);
  let closed = false;
  let busy = false;
  let again = false;
  let failing = false;
  let settling: NodeJS.Timeout | undefined;
  let looking: Promise<unknown> = Promise.resolve();

  const look = async () => {
    const change = closed ? null : await folder.look();
    if (change !== null && !closed) onChange?.(change);
  };
  /** One look after another; each sees at least what was there when it was asked for. */
  const reload = () => {
    const next = looking.then(look);
    looking = next.catch(() => {});
    return next;
  };
  /** At most one is under way and one is waiting: a volume that hangs must not queue looks. */
  const reloadInBackground = async () => {
    again = busy;
    if (busy) return;
    busy = true;
    try {
      await reload();
      failing = false;
    } catch (error) {
      if (!failing)
        log.error({ dir, err: error }, 'the apps folder cannot be read; its apps go on as they were');
      failing = true;
    } finally {
      busy = false;
      if (again) void reloadInBackground();
    }
  };

  await reload();
  warnAboutUnknownApps(options, folder);
  const watcher = openWatcher(dir, log, () => {
    settling ??= setTimeout(() => {
      settling = undefined;
      void reloadInBackground();
    }, SETTLE_MS).unref();
  });
  const polling = setInterval(() => void reloadInBackground(), pollMs).unref();

  return {
    get: (id) => folder.apps.get(id),
    list: () => [...folder.apps.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    reload,
    async close() {
      closed = true;
      clearInterval(polling);
      clearTimeout(settling);
      watcher?.close();
      await looking;
    },
  };
}

/** Null where the system has no watches to give; polling does alone then. */
function openWatcher(dir: string, log: AppLog, onEvent: () => void): { close(): void } | null {
  try {
    const watcher = watch(dir, { persistent: false }, onEvent);
    watcher.on('error', (error: NodeJS.ErrnoException) => {
      log.warn(
        { dir, code: error.code },
        'the apps folder is no longer watched; it is looked at every few seconds',
      );
      watcher.close();
    });
    return watcher;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    log.warn({ dir, code }, 'the apps folder cannot be watched; it is looked at every few seconds');
    return null;
  }
}

function warnAboutUnknownApps({ settings, dir, log }: AppRegistryOptions, folder: AppFolder): void {
  for (const app of Object.keys(settings)) {
    if (!folder.apps.has(app))
      log.warn({ app, dir }, 'app_settings names an app that is not in the apps folder');
  }
}
