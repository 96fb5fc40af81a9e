import { randomBytes } from 'node:crypto';
import { findApiKey, insertApiKey, touchApiKey } from '../store/api-keys.ts';
import { newId } from '../store/new-id.ts';
import type { Store } from '../store/open-store.ts';
import { hashKey } from './hash-key.ts';

/** A key that was looked up stays known this long; a revoked one stops working within it. */
const KNOWN_MS = 5_000;
/** How often the time of last use is written. */
const TOUCH_MS = 60_000;
const MAX_KNOWN = 10_000;

/** What a valid key opens: one app. */
export interface KeyGrant {
  readonly appId: string;
  /** Stable name of the key for limits and logs; never the key itself. */
  readonly keyId: string;
}

/** Finds what a key opens, by its hash: keys of `parley.yml` first, then those in the store. */
export class KeyRing {
  readonly #store: Store;
  /** Keys of the configuration, by hash. */
  readonly #configured: ReadonlyMap<string, KeyGrant>;
  /** Times in here are of the monotonic clock: a system clock set back must not lengthen a revoked key's life. */
  readonly #known = new Map<string, { readonly grant: KeyGrant | null; readonly until: number }>();
  readonly #touched = new Map<string, number>();

  constructor(store: Store, configured: readonly { readonly key: string; readonly app: string }[]) {
    this.#store = store;
    this.#configured = new Map(
      configured.map(({ key, app }) => {
        const hash = hashKey(key);
        return [hash, { appId: app, keyId: `config-${hash.slice(0, 12)}` }];
      }),
    );
  }

  /** Null for a key that is unknown or revoked. */
  async find(key: string): Promise<KeyGrant | null> {
    const now = performance.now();
    const hash = hashKey(key);
    const configured = this.#configured.get(hash);
    if (configured) return configured;
    const known = this.#known.get(hash);
    if (known && known.until > now) return this.#used(known.grant, now);
    const row = await findApiKey(this.#store, hash);
    const grant = row ? { appId: row.app_id, keyId: row.id } : null;
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(hash, { grant, until: now + KNOWN_MS });
    return this.#used(grant, now);
  }

  #used(grant: KeyGrant | null, now: number): KeyGrant | null {
    if (grant && now - (this.#touched.get(grant.keyId) ?? -TOUCH_MS) >= TOUCH_MS) {
      this.#touched.set(grant.keyId, now);
      // Told in the background: the time of last use is not worth a request's failure.
      touchApiKey(this.#store, grant.keyId, Date.now()).catch(() => {});
    }
    return grant;
  }
}

/**
 * Makes a key for an app: `app-` and 32 random characters. This is the only time it can be read; `keep` gets it before
 * it works, so that whoever keeps it cannot miss one.
 */
export async function createAppKey(
  store: Store,
  appId: string,
  keep: (key: string) => void = () => {},
): Promise<string> {
  const key = `app-${randomBytes(24).toString('base64url')}`;
  keep(key);
  await insertApiKey(store, {
    id: newId(),
    app_id: appId,
    hash: hashKey(key),
    prefix: key.slice(0, 8),
    created_at: Date.now(),
    last_used_at: null,
  });
  return key;
}
