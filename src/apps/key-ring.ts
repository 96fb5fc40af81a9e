import { randomBytes } from 'node:crypto';
import { findApiKey, insertApiKey, touchApiKey } from '../store/api-keys.ts';
import { newId } from '../store/new-id.ts';
import type { Store } from '../store/open-store.ts';
import { CredentialRing } from './credential-ring.ts';
import { hashKey } from './hash-key.ts';

/** What a valid key opens: one app. */
export interface KeyGrant {
  readonly appId: string;
  /** Stable name of the key for limits and logs; never the key itself. */
  readonly keyId: string;
}

/** Finds what a key opens: keys of `parley.yml` first, then those in the store. */
export class KeyRing {
  readonly #ring: CredentialRing<KeyGrant>;

  constructor(store: Store, configured: readonly { readonly key: string; readonly app: string }[]) {
    this.#ring = new CredentialRing({
      configured: configured.map(({ key, app }) => ({ key, grant: (keyId) => ({ appId: app, keyId }) })),
      async load(hash) {
        const row = await findApiKey(store, hash);
        return row ? { id: row.id, grant: { appId: row.app_id, keyId: row.id } } : null;
      },
      touch: (id, at) => touchApiKey(store, id, at),
    });
  }

  /** Null for a key that is unknown or revoked. */
  find(key: string): Promise<KeyGrant | null> {
    return this.#ring.find(key);
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
