import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { v4 as uuid } from 'uuid';

/** Another server has the folder. */
export class DataFolderInUse extends Error {
  constructor(dir: string, cause: unknown) {
    super(`Another Parley is using the data folder ${dir}.`, { cause });
    this.name = 'DataFolderInUse';
  }
}

/** The data folder of a running server. */
export interface DataFolder {
  /** Names this server among those that share a database; stays the same across restarts. */
  readonly processId: string;
  /** True at the first start. */
  readonly isNew: boolean;
  /** Signs file addresses. Lies outside the database, so that a stolen copy of that forges nothing. */
  readonly secret: Uint8Array;
  /** Lets another server have the folder. */
  unlock(): void;
}

/**
 * Opens the data folder for one server at a time. The lock is the operating system's, on a SQLite file, so that it
 * goes with the process however that ends.
 *
 * @throws DataFolderInUse
 */
export function openDataFolder(dir: string): DataFolder {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  chmodSync(dir, 0o700);
  const lock = new DatabaseSync(join(dir, 'lock.db'));
  try {
    lock.exec('pragma busy_timeout = 1000; begin exclusive');
  } catch (cause) {
    lock.close();
    throw new DataFolderInUse(dir, cause);
  }
  const isNew = !existsSync(join(dir, 'process-id'));
  return {
    isNew,
    processId: readOrMake(join(dir, 'process-id'), uuid),
    secret: Buffer.from(
      readOrMake(join(dir, 'secret'), () => randomBytes(32).toString('hex')),
      'hex',
    ),
    unlock: () => lock.close(),
  };
}

function readOrMake(path: string, make: () => string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const value = make();
    writeFileSync(path, `${value}\n`, { mode: 0o600 });
    return value;
  }
}
