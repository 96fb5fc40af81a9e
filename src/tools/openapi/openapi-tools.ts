import type { Config } from '../../config/config.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import { ToolError } from '../tool-error.ts';
import type { ToolProvider } from '../tool-provider.ts';
import { addedTools } from './added-tools.ts';
import { configuredEntries } from './configured-entries.ts';
import { failingProvider } from './failing-provider.ts';
import type { FoundTool, RefusedFile } from './found-tool.ts';
import { namedFiles } from './named-files.ts';
import { openApiProvider } from './openapi-provider.ts';
import { toolsFolder } from './tools-folder.ts';

/** How often the folders are looked at: two listings and a `stat` for each file. Some volumes send no notifications. */
const POLL_MS = 2_000;

export type OpenApiOrigin = 'parley.yml' | 'added' | 'folder';

/**
 * Every OpenAPI provider that the owner named, in `parley.yml`, with `parley tool add` or in the tools' folder. A source of
 * `createTools`.
 */
export interface OpenApiTools {
  /** Before the first look, those of `parley.yml`. */
  providers(): readonly ToolProvider[];
  /** The same by name, with where they are from. */
  readonly found: ReadonlyMap<string, { readonly origin: OpenApiOrigin; readonly provider: ToolProvider }>;
  /**
   * Reads what has changed in the folders; it also happens by itself every two seconds. What is wrong goes to the log; a
   * document that has become unreadable leaves its provider as it was. Never rejects.
   */
  look(): Promise<void>;
  close(): Promise<void>;
}

export interface OpenApiToolsParts {
  readonly outbound: Outbound;
  /** The data folder's, see `AddedToolsOptions`. */
  readonly secret: () => Uint8Array;
  readonly log: {
    info(facts: object, message: string): void;
    warn(facts: object, message: string): void;
    error(facts: object, message: string): void;
  };
  readonly pollMs?: number;
}

type Settings = Pick<Config, 'tools' | 'toolsDir' | 'toolSecrets' | 'dataDir' | 'variable'>;

/** Of two with one name `parley.yml` has it, then what was added, then the folder. */
export function openApiTools(config: Settings, parts: OpenApiToolsParts): OpenApiTools {
  return new Collection(config, parts);
}

interface Held {
  readonly origin: OpenApiOrigin;
  readonly provider: ToolProvider;
  readonly state: string;
}

class Collection implements OpenApiTools {
  readonly found = new Map<string, Held>();
  readonly #config: Settings;
  readonly #parts: OpenApiToolsParts;
  /** Problems that were told; each is told once, until it is gone. */
  #told: ReadonlySet<string> = new Set();
  readonly #life = new AbortController();
  #looks: Promise<void> = Promise.resolve();
  /** Looks that are under way or wait. */
  #pending = 0;
  readonly #polling: NodeJS.Timeout;

  constructor(config: Settings, parts: OpenApiToolsParts) {
    this.#config = config;
    this.#parts = parts;
    for (const entry of configuredEntries(config)) {
      const provider = openApiProvider(entry, parts);
      this.found.set(entry.name, { origin: 'parley.yml', provider, state: 'parley.yml' });
    }
    // A volume that hangs must not queue looks.
    const poll = () => this.#pending === 0 && void this.look();
    this.#polling = setInterval(poll, parts.pollMs ?? POLL_MS).unref();
  }

  providers(): readonly ToolProvider[] {
    return [...this.found.values()].map(({ provider }) => provider);
  }

  /** One after another: each sees at least what was there when it was asked for. */
  look(): Promise<void> {
    this.#pending++;
    this.#looks = this.#looks
      .then(() => this.#look())
      .finally(() => {
        this.#pending--;
      });
    return this.#looks;
  }

  async close(): Promise<void> {
    clearInterval(this.#polling);
    this.#life.abort(new ToolError('failed', 'the server is shutting down'));
    await this.#looks;
    await Promise.all(this.providers().map((provider) => provider.close()));
  }

  async #look(): Promise<void> {
    if (this.#life.signal.aborted) return;
    const { dataDir, toolsDir, toolSecrets: secrets, variable } = this.#config;
    const { secret, log } = this.#parts;
    try {
      const added = await addedTools({ dataDir, secret, variable, secrets });
      const inFolder = await toolsFolder(toolsDir, { secrets, named: namedFiles(this.#config) });
      const { tools, refused } = this.#choose([...added.tools, ...inFolder.tools]);
      this.#tell([...added.refused, ...inFolder.refused, ...refused]);
      for (const [name, { origin }] of this.found) {
        // Calls that go on keep the provider they have.
        if (origin === 'parley.yml' || tools.has(name)) continue;
        this.found.delete(name);
        log.info({ tool: name }, 'tools removed');
      }
      for (const tool of tools.values()) await this.#load(tool);
    } catch (error) {
      if (!this.#life.signal.aborted) this.#tell([{ file: '', reason: (error as Error).message }]);
    }
  }

  #choose(found: readonly FoundTool[]) {
    const tools = new Map<string, FoundTool>();
    const refused: RefusedFile[] = [];
    for (const tool of found) {
      const { name, file } = tool;
      const configured = this.#config.tools.some((own) => own.kind !== 'builtin' && own.name === name);
      const winner = configured ? 'parley.yml' : tools.get(name)?.file;
      if (winner === undefined) tools.set(name, tool);
      else refused.push({ file, reason: `the tool ${name} is already in ${winner}, which holds` });
    }
    return { tools, refused };
  }

  #tell(problems: readonly RefusedFile[]): void {
    const now = new Map(problems.map((problem) => [`${problem.file}\n${problem.reason}`, problem]));
    for (const [key, { file, reason }] of now) {
      if (!this.#told.has(key)) this.#parts.log.warn({ file }, reason);
    }
    this.#told = new Set(now.keys());
  }

  async #load(tool: FoundTool): Promise<void> {
    const { name, origin, file, state } = tool;
    const { log } = this.#parts;
    const held = this.found.get(name);
    if (held?.state === state) return;
    let provider: ToolProvider;
    try {
      provider = openApiProvider({ ...(await tool.read()), timeoutMs: this.#timeoutOf(name) }, this.#parts);
      const tools = await provider.list({ signal: this.#life.signal });
      log.info({ tool: name, count: tools.length }, 'tools loaded');
    } catch (error) {
      this.#life.signal.throwIfAborted();
      const goesOn = held !== undefined && held.origin === origin && held.provider.known() !== null;
      const reason = error instanceof ToolError ? error.message : 'it cannot be read';
      log.error({ file, err: error }, goesOn ? `${reason} (the last good version goes on)` : reason);
      provider = goesOn ? held.provider : failingProvider('api', name, error);
    }
    this.found.set(name, { origin, provider, state });
  }

  /** An entry that only has settings also bounds a tool that is found elsewhere. */
  #timeoutOf(name: string): number | null {
    const settings = this.#config.tools.find((own) => own.kind === 'builtin' && own.name === name);
    return settings?.timeoutMs ?? null;
  }
}
