import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Gives a file that was written under a passing name its real one. Whoever finds the real name finds the whole file,
 * also after a power cut.
 */
export function publishFile(partial: string, path: string): void {
  sync(partial, 'r+');
  renameSync(partial, path);
  try {
    sync(dirname(path), 'r');
  } catch {
    // Not every system syncs folders.
  }
}

function sync(path: string, flags: string): void {
  const fd = openSync(path, flags);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
