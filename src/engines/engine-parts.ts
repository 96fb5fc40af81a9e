import type { OutboundRule } from '../config/outbound-rule.ts';
import type { Models } from '../models/models.ts';
import type { FileStorage } from '../store/file-storage.ts';
import type { Store } from '../store/open-store.ts';
import type { Tools } from '../tools/tools.ts';

/** What engines are built from. */
export interface EngineParts {
  readonly models: Models;
  readonly store: Store;
  readonly files: FileStorage;
  readonly tools: Tools;
  /** Hears of defects that runs survive. */
  readonly onError: (error: unknown) => void;
  /** Exceptions from the guard of outbound requests, for all apps. */
  readonly outboundAllow: readonly OutboundRule[];
}
