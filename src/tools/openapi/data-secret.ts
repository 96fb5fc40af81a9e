import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataFolderInUse, openDataFolder } from '../../store/data-folder.ts';

/**
 * The secret of a data folder, for a command that works beside the server which has the folder. Where there is none yet,
 * no server has run, and the folder is opened for the moment that making one takes.
 *
 * @throws Error in words when the folder cannot be used, or its secret is damaged
 */
export function dataSecret(dir: string): Uint8Array {
  try {
    return readSecret(dir) ?? makeSecret(dir);
  } catch (error) {
    // A server has come in between, and made one.
    const made = error instanceof DataFolderInUse ? readSecret(dir) : null;
    if (made === null) throw error;
    return made;
  }
}

/** Null: there is none yet. */
function readSecret(dir: string): Uint8Array | null {
  let hex: string;
  try {
    hex = readFileSync(join(dir, 'secret'), 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  // The same rule as the server's, which says what to do then.
  return /^[0-9a-f]{64}$/i.test(hex) ? Buffer.from(hex, 'hex') : makeSecret(dir);
}

function makeSecret(dir: string): Uint8Array {
  const folder = openDataFolder(dir);
  folder.unlock();
  return folder.secret;
}
