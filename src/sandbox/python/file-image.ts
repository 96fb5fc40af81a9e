import type {
  EmscriptenFiles,
  FileNode,
  FileStream,
  NodeOperations,
  StreamOperations,
} from './emscripten.ts';
import { addZoneFolder } from './zone-folder.ts';

/** Error numbers of musl, as WebAssembly has them. */
const ENOSPC = 51;
const EROFS = 69;

/** Of a file's mode. */
const WRITE_BITS = 0o222;

/** Files and folders that one call may make; each costs memory of the thread, however empty it is. */
const MAX_NODES = 10_000;
const MAX_NAME = 255;

/**
 * The files that Python sees, all of them in memory. Folders in `writable` are empty at every call's begin and take up to
 * `bytes`; everything else can only be read. `restore` forgets what a call has written, opened and closed.
 */
export class FileImage {
  readonly #files: EmscriptenFiles;
  readonly #writable: readonly { readonly folder: FileNode; readonly mode: number }[];
  readonly #bytes: number;
  readonly #nameTable: readonly (FileNode | undefined)[];
  readonly #streams: readonly { readonly stream: FileStream; readonly fd: number; readonly flags: number }[];
  readonly #nextInode: number;
  readonly #home: string;
  #bytesLeft = 0;
  #nodesLeft = 0;

  constructor(
    files: EmscriptenFiles,
    options: { readonly writable: readonly string[]; readonly home: string; readonly bytes: number },
  ) {
    this.#files = files;
    this.#bytes = options.bytes;
    this.#home = options.home;
    dropHostFiles(files);
    addZoneFolder(files);
    this.#writable = options.writable.map((path) => {
      const folder = files.lookupPath(path).node;
      return { folder, mode: folder.mode };
    });
    for (const node of [files.root, ...files.nameTable.flatMap(chainOf)]) this.#makeReadOnly(node);
    this.#nameTable = [...files.nameTable];
    this.#nextInode = files.nextInode;
    this.#streams = files.streams.flatMap((stream, fd) =>
      stream ? [{ stream, fd, flags: stream.shared.flags }] : [],
    );
    this.restore();
  }

  restore(): void {
    const files = this.#files;
    // Nodes of a call stand before those of the image in their chains, so the heads are all that has changed.
    files.nameTable = [...this.#nameTable];
    files.nextInode = this.#nextInode;
    files.currentPath = this.#home;
    files.streams = [];
    for (const { stream, fd, flags } of this.#streams) {
      stream.shared = { flags, position: 0 };
      stream.fd = fd;
      files.streams[fd] = stream;
    }
    for (const { folder, mode } of this.#writable) {
      folder.contents = {};
      folder.mode = mode;
      folder.node_ops = this.#folder;
      folder.mtime = folder.ctime = Date.now();
    }
    this.#bytesLeft = this.#bytes;
    this.#nodesLeft = MAX_NODES;
  }

  #makeReadOnly(node: FileNode): void {
    const { getattr, lookup, readdir, readlink } = node.node_ops;
    const { open, read, llseek } = node.stream_ops;
    const setattr = (): never => this.#fail(EROFS);
    const known = { getattr, lookup, readdir, readlink };
    node.node_ops = { ...(withoutHoles(known) as Partial<NodeOperations>), setattr };
    if (this.#files.isChrdev(node.mode)) return;
    node.mode &= ~WRITE_BITS;
    node.stream_ops = withoutHoles({ open, read, llseek }) as Partial<StreamOperations>;
  }

  #fail(errno: number): never {
    throw new this.#files.ErrnoError(errno);
  }

  get #original(): NodeOperations {
    return this.#files.filesystems.MEMFS.node_ops;
  }

  /** A new file, folder or link in a writable folder. */
  #add(name: string, make: () => FileNode): FileNode {
    if (this.#nodesLeft <= 0 || name.length > MAX_NAME) this.#fail(ENOSPC);
    this.#nodesLeft -= 1;
    const node = make();
    const { read, llseek } = node.stream_ops;
    if (this.#files.isDir(node.mode)) node.node_ops = this.#folder;
    else if (this.#files.isFile(node.mode)) {
      node.node_ops = this.#file;
      node.stream_ops = { ...withoutHoles({ read, llseek }), write: this.#write };
    }
    return node;
  }

  /** Gives back what a file took, unless something still has it open. */
  #forget(node: FileNode | undefined): void {
    this.#nodesLeft += 1;
    if (node === undefined || !this.#files.isFile(node.mode)) return;
    if (this.#files.streams.some((stream) => stream?.node === node)) return;
    this.#bytesLeft += bytesOf(node).length;
    node.contents = new Uint8Array(0);
    node.usedBytes = 0;
  }

  readonly #folder: NodeOperations = {
    getattr: (node) => this.#original.getattr(node),
    setattr: (node, attributes) => this.#original.setattr(node, withoutSize(attributes)),
    lookup: (parent, name) => this.#original.lookup(parent, name),
    readdir: (node) => this.#original.readdir(node),
    readlink: (node) => this.#original.readlink(node),
    unlink: (parent, name) => {
      const node = entriesOf(parent)[name];
      this.#original.unlink(parent, name);
      this.#forget(node);
    },
    rmdir: (parent, name) => {
      this.#original.rmdir(parent, name);
      this.#forget(undefined);
    },
    mknod: (parent, name, mode, device) =>
      this.#add(name, () => this.#original.mknod(parent, name, mode, device)),
    symlink: (parent, name, path) => this.#add(name, () => this.#original.symlink(parent, name, path)),
    rename: (node, folder, name) => {
      if (folder.node_ops !== this.#folder) this.#fail(EROFS);
      const replaced = entriesOf(folder)[name];
      this.#original.rename(node, folder, name);
      if (replaced !== undefined) this.#forget(replaced);
    },
  };

  readonly #file: Partial<NodeOperations> = {
    getattr: (node) => this.#original.getattr(node),
    setattr: (node, attributes) => {
      if (attributes.size !== undefined) {
        this.#reserve(node, attributes.size);
        if (attributes.size < node.usedBytes) bytesOf(node).fill(0, attributes.size, node.usedBytes);
        node.usedBytes = attributes.size;
      }
      this.#original.setattr(node, withoutSize(attributes));
    },
  };

  readonly #write: StreamOperations['write'] = ({ node }, buffer, offset, length, position) => {
    if (length === 0) return 0;
    this.#reserve(node, position + length);
    bytesOf(node).set(buffer.subarray(offset, offset + length), position);
    node.usedBytes = Math.max(node.usedBytes, position + length);
    node.mtime = node.ctime = Date.now();
    return length;
  };

  /** Makes room for `size` bytes, within what the call may still use. */
  #reserve(node: FileNode, size: number): void {
    const had = bytesOf(node);
    if (size <= had.length) return;
    const most = had.length + this.#bytesLeft;
    if (size > most) this.#fail(ENOSPC);
    const grown = new Uint8Array(Math.min(most, Math.max(size, had.length * 2)));
    this.#bytesLeft -= grown.length - had.length;
    grown.set(had.subarray(0, node.usedBytes));
    node.contents = grown;
  }
}

/** Devices that would read from the terminal of the server, and folders that show descriptors. */
function dropHostFiles(files: EmscriptenFiles): void {
  for (const path of ['/dev/tty', '/dev/tty1', '/proc']) {
    const { node } = files.lookupPath(path);
    delete entriesOf(node.parent)[node.name];
    files.destroyNode(node);
  }
}

function chainOf(head: FileNode | undefined): FileNode[] {
  const chain: FileNode[] = [];
  for (let node = head; node !== undefined; node = node.name_next) chain.push(node);
  return chain;
}

function entriesOf(folder: FileNode): Record<string, FileNode> {
  return folder.contents as Record<string, FileNode>;
}

function bytesOf(node: FileNode): Uint8Array {
  return node.contents as Uint8Array;
}

function withoutSize(attributes: { readonly size?: number }): object {
  const { size: _size, ...others } = attributes;
  return others;
}

function withoutHoles<T extends object>(given: T): Partial<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>;
}
