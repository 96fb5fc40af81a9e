import type { AppRegistry } from '../../apps/app-registry.ts';
import type { KeyRing } from '../../apps/key-ring.ts';
import type { Limits } from '../../config/config.ts';
import type { AppServices } from '../../runs/app-services.ts';
import type { Runs } from '../../runs/runs.ts';
import type { FileStorage } from '../../store/file-storage.ts';
import type { Store } from '../../store/open-store.ts';
import type { UrlSigner } from './url-signer.ts';

/** What the surface is built from. */
export interface DifyParts {
  readonly store: Store;
  readonly files: FileStorage;
  readonly apps: AppRegistry;
  readonly keys: KeyRing;
  readonly runs: Runs;
  readonly services: AppServices;
  readonly signer: UrlSigner;
  readonly limits: Limits;
  /** Null: taken from each request's Host header. */
  readonly publicUrl: string | null;
}
