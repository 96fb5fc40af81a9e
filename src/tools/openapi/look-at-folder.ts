import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

export interface FolderFile {
  readonly name: string;
  readonly path: string;
  /** Differs whenever the file's content may differ. */
  readonly state: string;
}

/**
 * The files of a folder that `pattern` names, in order, and why others of that name are none; a folder that is not there
 * is empty. Links within the folder are followed: a mounted ConfigMap consists of them.
 *
 * @throws Error in words when the folder cannot be read
 */
export async function lookAtFolder(
  dir: string,
  pattern: RegExp,
): Promise<{
  readonly files: readonly FolderFile[];
  readonly refused: readonly { readonly file: string; readonly reason: string }[];
}> {
  const files: FolderFile[] = [];
  const refused: { readonly file: string; readonly reason: string }[] = [];
  for (const name of (await namesIn(dir)).filter((name) => pattern.test(name)).sort()) {
    try {
      const path = await pathInside(dir, name);
      const stats = await stat(path, { bigint: true });
      if (!stats.isFile()) throw new Error('not a regular file');
      const state = [path, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join();
      files.push({ name, path, state });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // Gone since the folder was read.
      if (code === 'ENOENT') continue;
      refused.push({ file: name, reason: code === undefined ? message : `it cannot be read (${code})` });
    }
  }
  return { files, refused };
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new Error(`the folder ${dir} cannot be read (${code})`, { cause: error });
  }
}

async function pathInside(dir: string, name: string): Promise<string> {
  const root = await realpath(dir);
  const path = await realpath(join(dir, name));
  if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) throw new Error('the link leaves the folder');
  return path;
}
