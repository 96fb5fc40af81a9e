import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the server that has the data folder listens, so that `parley chat` finds it; null when nobody said. */
export function readServerAddress(dataDir: string): string | null {
  try {
    return readFileSync(join(dataDir, 'address'), 'utf8').trim();
  } catch {
    return null;
  }
}

/** Says where this server listens, until the answered function is called. */
export function keepServerAddress(dataDir: string, url: string): () => void {
  const path = join(dataDir, 'address');
  writeFileSync(path, `${url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')}\n`, {
    mode: 0o600,
  });
  return () => rmSync(path, { force: true });
}
