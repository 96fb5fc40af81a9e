import type { ApiExtension } from '../config/config.ts';
import { findAppVersion, insertAppVersion } from '../store/app-versions.ts';
import type { Store } from '../store/open-store.ts';
import type { App } from './app.ts';
import { readApp } from './dsl/read-app.ts';

/** Old versions that are kept read; each is some kilobytes. */
const MAX_READ = 100;

/**
 * The definitions that conversations were begun with: a conversation goes on as it began, whatever its app's file
 * says by then (`facts/dify-wire.md` §7.1). The owner's settings are always today's.
 */
export class AppVersions {
  readonly #store: Store;
  readonly #apiExtensions: Readonly<Record<string, ApiExtension>>;
  readonly #kept = new Set<string>();
  readonly #read = new Map<string, App>();

  constructor(store: Store, apiExtensions: Readonly<Record<string, ApiExtension>>) {
    this.#store = store;
    this.#apiExtensions = apiExtensions;
  }

  /** Keeps this version, before the first conversation that begins with it. */
  async keep(app: App): Promise<void> {
    const id = `${app.id}/${app.version}`;
    if (this.#kept.has(id)) return;
    await insertAppVersion(this.#store, { id, definition: app.definition, created_at: Date.now() });
    this.#kept.add(id);
  }

  /** The app as it was in `version`; null when that is not known, or can no longer be served. */
  async find(app: App, version: string): Promise<App | null> {
    if (version === app.version) return app;
    const id = `${app.id}/${version}`;
    const old = this.#read.get(id) ?? (await this.#load(id, app));
    if (!old || old.mode !== app.mode) return null;
    if (this.#read.size >= MAX_READ) this.#read.clear();
    this.#read.set(id, old);
    return { ...old, settings: app.settings };
  }

  async #load(id: string, { id: appId, settings }: App): Promise<App | null> {
    const row = await findAppVersion(this.#store, id);
    if (!row) return null;
    try {
      return readApp(row.definition, { id: appId, file: id, settings, apiExtensions: this.#apiExtensions });
    } catch {
      return null;
    }
  }
}
