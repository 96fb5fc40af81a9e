import { randomBytes } from 'node:crypto';
import { findAccessToken, insertAccessToken, touchAccessToken } from '../store/access-tokens.ts';
import { newId } from '../store/new-id.ts';
import type { Store } from '../store/open-store.ts';
import type { AccessTokenRow } from '../store/schema.ts';
import { CredentialRing } from './credential-ring.ts';
import { hashKey } from './hash-key.ts';

/** What an access token opens. */
export interface TokenAccess {
  /** Ids of apps. */
  readonly apps: readonly string[] | 'all';
  /** Names of permissions, of `config/token-scopes.ts`. */
  readonly scopes: readonly string[] | 'all';
}

export interface TokenGrant extends TokenAccess {
  /** Stable name of the token for limits and logs; never the token itself. */
  readonly tokenId: string;
}

/** Finds what an access token opens: tokens of `parley.yml` first, then those in the store. */
export class TokenRing {
  readonly #ring: CredentialRing<TokenGrant>;

  constructor(store: Store, configured: readonly (TokenAccess & { readonly key: string })[]) {
    this.#ring = new CredentialRing({
      configured: configured.map(({ key, apps, scopes }) => ({
        key,
        grant: (tokenId) => ({ tokenId, apps, scopes }),
      })),
      async load(hash) {
        const row = await findAccessToken(store, hash);
        return row ? { id: row.id, grant: { tokenId: row.id, ...tokenAccess(row) } } : null;
      },
      touch: (id, at) => touchAccessToken(store, id, at),
    });
  }

  /** Null for a token that is unknown or revoked. */
  find(token: string): Promise<TokenGrant | null> {
    return this.#ring.find(token);
  }
}

/** What a stored token opens. */
export function tokenAccess({ apps, scopes }: AccessTokenRow): TokenAccess {
  return {
    apps: apps === null ? 'all' : JSON.parse(apps),
    scopes: scopes === null ? 'all' : JSON.parse(scopes),
  };
}

/** Makes an access token: `pat_` and 32 random characters. This is the only time it can be read. */
export async function createAccessToken(store: Store, { apps, scopes }: TokenAccess): Promise<string> {
  const token = `pat_${randomBytes(24).toString('base64url')}`;
  await insertAccessToken(store, {
    id: newId(),
    hash: hashKey(token),
    prefix: token.slice(0, 8),
    apps: apps === 'all' ? null : JSON.stringify(apps),
    scopes: scopes === 'all' ? null : JSON.stringify(scopes),
    created_at: Date.now(),
    last_used_at: null,
  });
  return token;
}
