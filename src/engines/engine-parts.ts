import type { Models } from '../models/models.ts';
import type { FileStorage } from '../store/file-storage.ts';
import type { Store } from '../store/open-store.ts';

/** What engines are built from. */
export interface EngineParts {
  readonly models: Models;
  readonly store: Store;
  readonly files: FileStorage;
}
