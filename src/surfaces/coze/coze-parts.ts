import type { AppRegistry } from '../../apps/app-registry.ts';
import type { TokenRing } from '../../apps/token-ring.ts';
import type { Config, Limits } from '../../config/config.ts';
import type { AppServices } from '../../runs/app-services.ts';
import type { Runs } from '../../runs/runs.ts';
import type { FileStorage } from '../../store/file-storage.ts';
import type { Store } from '../../store/open-store.ts';

/** What the surface is built from. */
export interface CozeParts {
  readonly store: Store;
  readonly files: FileStorage;
  readonly apps: AppRegistry;
  readonly tokens: TokenRing;
  readonly runs: Runs;
  readonly services: AppServices;
  readonly limits: Limits;
  /** Whether a canceled chat's model is stopped too; seed 002 says it is not. */
  readonly cancel: Config['coze']['cancel'];
}
