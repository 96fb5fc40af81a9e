import type { EmscriptenFiles, FileNode, NodeOperations } from './emscripten.ts';
import { zoneFile } from './zone-file.ts';

/** Where `zoneinfo` looks. */
export const ZONE_FOLDER = '/usr/share/zoneinfo';
/** No such file or folder. */
const ENOENT = 44;
/** Files that are kept from one call to the next: making one takes milliseconds. */
const MOST_KEPT = 100;
const DIRECTORY = 0o40755;
const FILE = 0o100444;

/**
 * A folder of time zones, each file of which is made when it is first opened. It lists nothing: `zoneinfo` opens zones by
 * name, and `available_timezones()` is the one function that would read all of them.
 */
export function addZoneFolder(files: EmscriptenFiles): void {
  const { node_ops: memory, stream_ops: streams } = files.filesystems.MEMFS;
  const known = new Map<string, Uint8Array>();
  const regions = new Set(
    Intl.supportedValuesOf('timeZone').flatMap((zone) => {
      const parts = zone.split('/');
      return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
    }),
  );
  for (const region of ['US', 'Etc', 'Canada', 'Brazil', 'Chile', 'Mexico']) regions.add(region);

  const operationsIn = (path: string): Partial<NodeOperations> => ({
    getattr: memory.getattr,
    readdir: () => ['.', '..'],
    lookup(parent, name) {
      const zone = `${path}${name}`;
      if (regions.has(zone)) return folder(parent, name, `${zone}/`);
      const bytes = known.get(zone) ?? zoneFile(zone);
      if (bytes === null) throw new files.ErrnoError(ENOENT);
      // Names come from untrusted code, in any mixture of capitals.
      if (known.size >= MOST_KEPT) known.clear();
      known.set(zone, bytes);
      const node = files.createNode(parent, name, FILE, 0);
      Object.assign(node, {
        contents: bytes,
        usedBytes: bytes.length,
        node_ops: { getattr: memory.getattr },
      });
      node.stream_ops = { read: streams.read, llseek: streams.llseek };
      return node;
    },
  });
  const folder = (parent: FileNode, name: string, path: string): FileNode => {
    const node = files.createNode(parent, name, DIRECTORY, 0);
    node.node_ops = operationsIn(path);
    node.stream_ops = { llseek: streams.llseek };
    node.contents = {};
    return node;
  };

  files.mkdirTree(ZONE_FOLDER);
  files.lookupPath(ZONE_FOLDER).node.node_ops = operationsIn('');
}
