import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { SandboxError } from '../sandbox-error.ts';

/** A package file, as it goes into an interpreter. */
export interface Wheel {
  readonly fileName: string;
  /** As the index of Pyodide's distribution has it, e.g. `site` or `dynlib`. */
  readonly installDir: string;
  readonly bytes: Uint8Array;
}

interface Entry {
  readonly fileName: string;
  readonly installDir: string;
  readonly imports: readonly string[];
  readonly depends: readonly string[];
  /** Null: a wheel that the owner has put there, without an entry in the index. */
  readonly sha256: string | null;
}

const INDEX = 'pyodide-lock.json';
const FETCH_MS = 120_000;

const indexSchema = z.object({
  info: z.object({ abi_version: z.string(), python: z.string() }),
  packages: z.record(
    z.string(),
    z.object({
      file_name: z.string().regex(/^[\w.+-]+$/),
      install_dir: z.string(),
      imports: z.array(z.string()),
      depends: z.array(z.string()),
      sha256: z.string(),
    }),
  ),
});

/**
 * Packages of Pyodide's distribution that the owner has laid into a folder, or that lie at an address. They are looked up
 * by what code imports (`PIL`), not by their own names (`pillow`), and read only when some code imports them.
 */
export class PythonPackages {
  readonly #source: string;
  #entries: Promise<ReadonlyMap<string, Entry>> | null = null;
  /** What came over the network is kept. */
  readonly #fetched = new Map<string, Uint8Array>();

  constructor(source: string) {
    this.#source = source;
  }

  /** Every name that code may import from here. */
  async imports(): Promise<readonly string[]> {
    return [...new Set([...(await this.#index()).values()].flatMap((entry) => entry.imports))];
  }

  /**
   * The packages that have `imports`, after those that they depend on.
   *
   * @throws SandboxError `missing_package` when one of their files is not there, or is not what the index says
   */
  async wheels(imports: readonly string[]): Promise<readonly Wheel[]> {
    const wheels: Wheel[] = [];
    for (const { fileName, installDir, sha256 } of wanted(imports, await this.#index())) {
      wheels.push({ fileName, installDir, bytes: await this.#read(fileName, sha256) });
    }
    return wheels;
  }

  /** Those of `imports` that are not here, as far as can be told without fetching any package. */
  async missing(imports: readonly string[]): Promise<readonly string[]> {
    const index = await this.#index();
    const files = this.#isUrl ? null : new Set(await readdir(this.#source).catch(() => []));
    return imports.filter((name) => {
      const entries = wanted([name], index);
      return entries.length === 0 || entries.some(({ fileName }) => files?.has(fileName) === false);
    });
  }

  #index(): Promise<ReadonlyMap<string, Entry>> {
    this.#entries ??= this.#readIndex().catch((error: unknown) => {
      this.#entries = null;
      throw error;
    });
    return this.#entries;
  }

  async #readIndex(): Promise<ReadonlyMap<string, Entry>> {
    const ours = indexSchema.parse(JSON.parse((await ownIndex()).toString()));
    const text = await this.#file(INDEX);
    const index = text === null ? ours : indexSchema.parse(JSON.parse(Buffer.from(text).toString()));
    if (index.info.abi_version !== ours.info.abi_version) {
      throw this.#missing(
        `its packages are for Pyodide ABI ${index.info.abi_version}, this is ${ours.info.abi_version}`,
      );
    }
    const entries = new Map<string, Entry>();
    for (const [name, one] of Object.entries(index.packages)) {
      entries.set(name, {
        fileName: one.file_name,
        installDir: one.install_dir,
        imports: one.imports,
        depends: one.depends,
        sha256: one.sha256,
      });
    }
    const listed = new Set([...entries.values()].map((entry) => entry.fileName));
    for (const fileName of await this.#looseWheels()) {
      if (listed.has(fileName)) continue;
      const name = fileName.split('-')[0] as string;
      entries.set(`wheel:${name}`, {
        fileName,
        installDir: 'site',
        imports: [name],
        depends: [],
        sha256: null,
      });
    }
    return entries;
  }

  /** Wheels of pure Python that lie in the folder beside the distribution's. */
  async #looseWheels(): Promise<readonly string[]> {
    if (this.#isUrl) return [];
    const names = await readdir(this.#source).catch(() => []);
    return names.filter((name) => /-py[23.py]+-none-any\.whl$/.test(name)).sort();
  }

  async #read(fileName: string, sha256: string | null): Promise<Uint8Array> {
    const known = this.#fetched.get(fileName);
    if (known !== undefined) return known;
    const bytes = await this.#file(fileName);
    if (bytes === null) throw this.#missing(`${fileName} is not there`);
    if (sha256 !== null && createHash('sha256').update(bytes).digest('hex') !== sha256) {
      throw this.#missing(`${fileName} is not the file that ${INDEX} names`);
    }
    if (this.#isUrl) this.#fetched.set(fileName, bytes);
    return bytes;
  }

  /** Null: there is no such file. */
  async #file(name: string): Promise<Uint8Array | null> {
    if (!this.#isUrl) return readFile(join(this.#source, name)).catch(nullIfMissing);
    const base = this.#source.endsWith('/') ? this.#source : `${this.#source}/`;
    const response = await fetch(new URL(name, base), { signal: AbortSignal.timeout(FETCH_MS) });
    if (response.ok) return response.bytes();
    await response.body?.cancel();
    if (response.status === 404) return null;
    throw this.#missing(`${name} could not be fetched (HTTP ${response.status})`);
  }

  get #isUrl(): boolean {
    return /^https?:\/\//.test(this.#source);
  }

  #missing(why: string): SandboxError {
    const message = `Packages cannot be loaded from ${this.#source} (sandbox.python.packages): ${why}.`;
    return new SandboxError('missing_package', message);
  }
}

/** The packages that have `imports`, after those that they depend on. */
function wanted(imports: readonly string[], index: ReadonlyMap<string, Entry>): readonly Entry[] {
  const found = new Map<string, Entry>();
  const add = (name: string): void => {
    const entry = index.get(name);
    if (entry === undefined || found.has(name)) return;
    for (const dependency of entry.depends) add(dependency);
    found.set(name, entry);
  };
  for (const name of imports) {
    for (const [key, entry] of index) if (entry.imports.includes(name)) add(key);
  }
  return [...found.values()];
}

/** The index that comes with Pyodide, for a folder that holds nothing but packages. */
export function ownIndex(): Promise<Buffer> {
  return readFile(fileURLToPath(import.meta.resolve('pyodide/pyodide-lock.json')));
}

function nullIfMissing(error: unknown): null {
  if ((error as { code?: unknown } | null)?.code === 'ENOENT') return null;
  throw error;
}
