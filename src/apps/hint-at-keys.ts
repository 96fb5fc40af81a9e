import { listApiKeys } from '../store/api-keys.ts';
import type { Store } from '../store/open-store.ts';

/** Tells the owner of apps that no key opens: those added while the server runs have none until one is made. */
export async function hintAtKeys(
  store: Store,
  appIds: readonly string[],
  options: {
    readonly configured: readonly { readonly app: string }[];
    readonly log: { warn(facts: object, message: string): void };
  },
): Promise<void> {
  for (const app of appIds) {
    if (options.configured.some((key) => key.app === app)) continue;
    if ((await listApiKeys(store, app)).length > 0) continue;
    options.log.warn({ app }, `no key opens this app yet: parley key create --app ${app}`);
  }
}
