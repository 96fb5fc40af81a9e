import { findAppVersion, findAppVersionId, insertAppVersion } from '../store/app-versions.ts';
import type { Store } from '../store/open-store.ts';
import type { App } from './app.ts';
import { type ReadAppOfAnySizeOptions, readAppOfAnySize } from './dsl/read-app-of-any-size.ts';
import { versionPrefixOf } from './workflow-id.ts';

/** Old versions that are kept read: how many, and characters of their files together. */
const MAX_READ = 100;
const MAX_READ_LENGTH = 8 * 1024 ** 2;

export type AppVersionsOptions = Pick<
  ReadAppOfAnySizeOptions,
  'apiExtensions' | 'workflowReader' | 'readLargeApp'
>;

/**
 * The definitions that conversations were begun with: a conversation goes on as it began, whatever its app's file
 * says by then (`facts/dify-wire.md` §7.1). The owner's settings are always today's.
 */
export class AppVersions {
  readonly #store: Store;
  readonly #options: AppVersionsOptions;
  readonly #kept = new Set<string>();
  readonly #read = new Map<string, App>();
  readonly #loading = new Map<string, Promise<App | null>>();
  #readLength = 0;

  constructor(store: Store, options: AppVersionsOptions) {
    this.#store = store;
    this.#options = options;
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
    const old = this.#read.get(id) ?? (await this.#loadOnce(id, app));
    if (!old || old.mode !== app.mode) return null;
    this.#remember(id, old);
    return { ...old, settings: app.settings };
  }

  /** The version of a workflow with this id; null as in `find`. */
  async findWorkflow(app: App, workflowId: string): Promise<App | null> {
    const prefix = versionPrefixOf(workflowId);
    if (prefix === null) return null;
    const id = await findAppVersionId(this.#store, `${app.id}/${prefix}`);
    return id === undefined ? null : this.find(app, id.slice(app.id.length + 1));
  }

  #remember(id: string, app: App): void {
    if (this.#read.has(id)) return;
    const { length } = app.definition;
    if (this.#read.size >= MAX_READ || this.#readLength + length > MAX_READ_LENGTH) {
      this.#read.clear();
      this.#readLength = 0;
    }
    this.#read.set(id, app);
    this.#readLength += length;
  }

  /** However many ask for it meanwhile. */
  #loadOnce(id: string, app: App): Promise<App | null> {
    const loading = this.#loading.get(id) ?? this.#load(id, app).finally(() => this.#loading.delete(id));
    this.#loading.set(id, loading);
    return loading;
  }

  async #load(id: string, { id: appId, settings }: App): Promise<App | null> {
    const row = await findAppVersion(this.#store, id);
    if (!row) return null;
    try {
      return await readAppOfAnySize(row.definition, { id: appId, file: id, settings, ...this.#options });
    } catch {
      return null;
    }
  }
}
