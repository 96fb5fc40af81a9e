/** What this room uses of the JavaScript that Emscripten wraps around CPython (`pyodide.asm.mjs`). */
export interface EmscriptenModule {
  readonly FS: EmscriptenFiles;
  /** Libraries that are loaded, by path. */
  readonly LDSO: { readonly loadedLibsByName: Readonly<Record<string, unknown>> };
}

export interface EmscriptenFiles {
  readonly root: FileNode;
  /** Every node but the roots of mounts, in chains (`name_next`). */
  nameTable: (FileNode | undefined)[];
  streams: (FileStream | null | undefined)[];
  nextInode: number;
  currentPath: string;
  readonly ErrnoError: new (errno: number) => Error;
  readonly filesystems: {
    readonly MEMFS: { readonly node_ops: NodeOperations; readonly stream_ops: StreamOperations };
  };
  mkdirTree(path: string): void;
  createNode(parent: FileNode, name: string, mode: number, device: number): FileNode;
  lookupPath(path: string): { readonly node: FileNode };
  destroyNode(node: FileNode): void;
  chdir(path: string): void;
  isDir(mode: number): boolean;
  isFile(mode: number): boolean;
  isLink(mode: number): boolean;
  isChrdev(mode: number): boolean;
}

export interface FileNode {
  readonly id: number;
  readonly name: string;
  readonly parent: FileNode;
  mode: number;
  name_next?: FileNode | undefined;
  mtime: number;
  ctime: number;
  node_ops: Partial<NodeOperations>;
  stream_ops: Partial<StreamOperations>;
  /** Of a directory: its entries. Of a file: its bytes, with room to grow. */
  contents: Record<string, FileNode> | Uint8Array;
  usedBytes: number;
}

export interface FileStream {
  readonly node: FileNode;
  /** Null when it is closed. */
  fd: number | null;
  /** Of all duplicates of a descriptor. */
  shared: { flags: number; position: number };
}

export interface NodeOperations {
  getattr(node: FileNode): unknown;
  setattr(node: FileNode, attributes: { readonly size?: number }): void;
  lookup(parent: FileNode, name: string): FileNode;
  mknod(parent: FileNode, name: string, mode: number, device: number): FileNode;
  rename(node: FileNode, directory: FileNode, name: string): void;
  unlink(parent: FileNode, name: string): void;
  rmdir(parent: FileNode, name: string): void;
  readdir(node: FileNode): readonly string[];
  symlink(parent: FileNode, name: string, path: string): FileNode;
  readlink(node: FileNode): string;
}

export interface StreamOperations {
  open(stream: FileStream): void;
  read(...args: never[]): number;
  write(stream: FileStream, buffer: Uint8Array, offset: number, length: number, position: number): number;
  llseek(...args: never[]): number;
}

/** Functions of CPython's C API that a machine calls. All numbers are addresses or sizes in the interpreter's memory. */
export interface CPython {
  readonly memory: WebAssembly.Memory;
  readonly __stack_pointer: { value: number };
  malloc(size: number): number;
  free(address: number): void;
  /** 0: done; -1: failed, and the traceback was printed. */
  PyRun_SimpleString(source: number): number;
  /** A borrowed reference. */
  PyImport_AddModule(name: number): number;
  PyObject_GetAttrString(object: number, name: number): number;
  PyUnicode_FromStringAndSize(utf8: number, size: number): number;
  PyObject_CallOneArg(callable: number, argument: number): number;
  PyBytes_AsString(bytes: number): number;
  PyBytes_Size(bytes: number): number;
}
