import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { validate as isUuid, v4 as uuid } from 'uuid';
import { isBusy } from './dialects/is-busy.ts';
import { publishFile } from './publish-file.ts';

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
 * @throws Error in words, when the folder cannot be used or its secret is damaged.
 */
export function openDataFolder(dir: string): DataFolder {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  chmodSync(dir, 0o700);
  const lock = takeLock(dir);
  try {
    return {
      processId: readProcessId(join(dir, 'process-id')),
      secret: readSecret(join(dir, 'secret')),
      unlock: () => lock.close(),
    };
  } catch (error) {
    lock.close();
    throw error;
  }
}

function takeLock(dir: string): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(dir, 'lock.db'));
    lock.exec('pragma busy_timeout = 1000; begin exclusive');
    return lock;
  } catch (cause) {
    lock?.close();
    if (isBusy(cause)) throw new DataFolderInUse(dir, cause);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The data folder ${dir} cannot be locked: lock.db: ${reason}`, { cause });
  }
}

/**
 * One that is lost (the file is empty after a power cut) is made anew: better than a server that does not start. The
 * runs of the old name are then ended when its lease has run out, like those of any process that died.
 */
function readProcessId(path: string): string {
  const found = read(path);
  return found !== null && isUuid(found) ? found : write(path, uuid());
}

/** One that is damaged is never replaced unasked, and never used: anyone could sign with an empty one. */
function readSecret(path: string): Uint8Array {
  const hex = read(path) ?? write(path, randomBytes(32).toString('hex'));
  if (!/^[0-9a-f]{64}$/i.test(hex)) {
    throw new Error(
      `The secret that signs file addresses is damaged: ${path} does not hold 64 hexadecimal digits. Restore it ` +
        'from a backup; or delete it to have a new one made, and addresses given out so far stop working.',
    );
  }
  return Buffer.from(hex, 'hex');
}

/** Null when there is no such file. */
function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function write(path: string, value: string): string {
  const partial = `${path}.partial`;
  writeFileSync(partial, `${value}\n`, { mode: 0o600 });
  publishFile(partial, path);
  return value;
}
