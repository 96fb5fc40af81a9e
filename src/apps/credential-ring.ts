import { hashKey } from './hash-key.ts';

/** A credential that was looked up stays known this long; a revoked one stops working within it. */
const KNOWN_MS = 5_000;
/** How often the time of last use is written. */
const TOUCH_MS = 60_000;
const MAX_KNOWN = 10_000;

/** What the store has under a hash. */
export interface StoredCredential<Grant> {
  readonly id: string;
  readonly grant: Grant;
}

export interface CredentialSources<Grant> {
  /** Those of `parley.yml`. `grant` gets a stable name for limits and logs, which tells nothing of the credential. */
  readonly configured: readonly { readonly key: string; grant(id: string): Grant }[];
  load(hash: string): Promise<StoredCredential<Grant> | null>;
  /** Writes the time of last use of a stored credential. */
  touch(id: string, at: number): Promise<void>;
}

/** Finds what a key or token grants, by its hash: those of `parley.yml` first, then those in the store. */
export class CredentialRing<Grant> {
  readonly #sources: CredentialSources<Grant>;
  /** Grants of the configuration, by hash. */
  readonly #configured: ReadonlyMap<string, Grant>;
  /** Times in here are of the monotonic clock: a system clock set back must not lengthen a revoked key's life. */
  readonly #known = new Map<
    string,
    { readonly stored: StoredCredential<Grant> | null; readonly until: number }
  >();
  readonly #touched = new Map<string, number>();

  constructor(sources: CredentialSources<Grant>) {
    this.#sources = sources;
    this.#configured = new Map(
      sources.configured.map(({ key, grant }) => {
        const hash = hashKey(key);
        return [hash, grant(`config-${hash.slice(0, 12)}`)];
      }),
    );
  }

  /** Null for what is unknown or revoked. Whatever a client sends is only ever looked for by its hash. */
  async find(credential: string): Promise<Grant | null> {
    const now = performance.now();
    const hash = hashKey(credential);
    const configured = this.#configured.get(hash);
    if (configured !== undefined) return configured;
    const known = this.#known.get(hash);
    if (known && known.until > now) return this.#used(known.stored, now);
    const stored = await this.#sources.load(hash);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(hash, { stored, until: now + KNOWN_MS });
    return this.#used(stored, now);
  }

  #used(stored: StoredCredential<Grant> | null, now: number): Grant | null {
    if (stored === null) return null;
    if (now - (this.#touched.get(stored.id) ?? -TOUCH_MS) >= TOUCH_MS) {
      this.#touched.set(stored.id, now);
      // Told in the background: the time of last use is not worth a request's failure.
      this.#sources.touch(stored.id, Date.now()).catch(() => {});
    }
    return stored.grant;
  }
}
