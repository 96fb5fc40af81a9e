import { realpath } from 'node:fs/promises';
import { TOOL_NAME } from '../../config/tool-name.ts';
import type { FoundTool, FoundTools, RefusedFile } from './found-tool.ts';
import { lookAtFolder } from './look-at-folder.ts';

const DOCUMENT = /^(?!\.)(.+)\.(?:ya?ml|json)$/i;

/**
 * The OpenAPI documents of the tools' folder, as providers named by their files: `weather.yml` is `weather`. Credentials
 * for their security schemes come from `secrets`. Files at the paths `named` are somebody else's, and left out.
 *
 * @throws Error in words when the folder cannot be read
 */
export async function toolsFolder(
  dir: string,
  {
    secrets,
    named,
  }: { readonly secrets: Readonly<Record<string, string>>; readonly named: readonly string[] },
): Promise<FoundTools> {
  const elsewhere = new Set(await Promise.all(named.map((path) => realpath(path).catch(() => path))));
  const { files, refused: unreadable } = await lookAtFolder(dir, DOCUMENT);
  const tools = new Map<string, FoundTool>();
  const refused: RefusedFile[] = [...unreadable];
  for (const { name: file, path, state } of files) {
    if (elsewhere.has(path)) continue;
    const name = DOCUMENT.exec(file)?.[1] ?? file;
    const other = tools.get(name);
    if (!TOOL_NAME.test(name)) {
      const reason = "a tool's name has letters, digits, _, - and ., at most 64: rename the file";
      refused.push({ file, reason });
    } else if (other !== undefined) {
      refused.push({ file, reason: `the tool ${name} is already in ${other.file}` });
    } else {
      const read = async () => ({
        ...{ name, timeoutMs: null, document: { kind: 'file', path } as const, headers: {}, query: {} },
        ...{ baseUrl: null, secrets, unset: [] },
      });
      tools.set(name, { name, origin: 'folder', file, state: `folder ${state}`, read });
    }
  }
  return { tools: [...tools.values()], refused };
}
