import { buffer } from 'node:stream/consumers';
import { validate as isUuid } from 'uuid';
import { fileTypeOf } from '../../apps/file-type.ts';
import type { OutboundRule } from '../../config/outbound-rule.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import type { EngineTask } from '../../runs/engine.ts';
import { fileObjectOf } from '../../runs/file-object.ts';
import type { RunFile } from '../../runs/run-file.ts';
import { findFiles } from '../../store/files.ts';
import { newId } from '../../store/new-id.ts';
import { keepToolFile } from '../agent/keep-tool-file.ts';
import type { EngineParts } from '../engine-parts.ts';
import { NodeError } from '../workflow/node-error.ts';
import type { FileValue } from '../workflow/values/file-value.ts';
import type { WorkflowFiles } from '../workflow/workflow-services.ts';

const TIMEOUTS = { connectMs: 10_000, readMs: 60_000, totalMs: 120_000 };
/** The largest file that a model is given. */
const MAX_MODEL_BYTES = 100 * 1024 ** 2;

/**
 * Files as the nodes of one run read and make them. A variable can say anything of itself, also what its author or a model
 * made up: a stored file is read only when it came with this turn, was made in it, or is the end user's own.
 */
export function workflowFiles(
  parts: EngineParts,
  task: EngineTask,
  network: { readonly outbound: Outbound; readonly allow: readonly OutboundRule[] },
): WorkflowFiles {
  const own = new Set<string>();
  for (const file of [...task.files, ...Object.values(task.inputFiles).flat()])
    if (file.uploadId !== null) own.add(file.uploadId);
  /** Files of a run of which nothing is kept. */
  const unkept = new Map<string, Uint8Array>();

  const stored = async (id: unknown, { maxBytes }: { maxBytes: number }): Promise<Uint8Array> => {
    if (typeof id !== 'string' || !isUuid(id)) throw notFound();
    const made = unkept.get(id);
    if (made !== undefined) return made;
    if (!own.has(id)) {
      const [found] = await findFiles(parts.store, task.owner, [id]);
      if (!found) throw notFound();
    }
    const { stream, size } = await parts.files.read(id);
    if (size > maxBytes) {
      stream.destroy();
      throw tooLarge(maxBytes);
    }
    return buffer(stream);
  };

  const read: WorkflowFiles['read'] = async (file, { maxBytes, signal }) => {
    signal.throwIfAborted();
    if (file.transfer_method !== 'remote_url' && file.related_id !== null)
      return stored(file.related_id, { maxBytes });
    const url = file.remote_url ?? file.url;
    if (typeof url !== 'string') throw notFound();
    const { outbound, allow } = network;
    const response = await outbound.request(url, { allow, timeouts: TIMEOUTS, maxBytes, signal });
    if (response.status >= 400)
      throw new NodeError('FileNotFoundError', `The file could not be fetched: HTTP ${response.status}.`);
    return response.body;
  };

  return {
    read,
    contentOf(file, { detail }) {
      const { type, filename, extension, mime_type } = file;
      if (type === 'custom')
        return { kind: 'text', text: `[Unsupported file type: ${filename ?? ''} (custom)]` };
      if (!extension) throw new NodeError('ValueError', 'Missing file extension');
      if (!mime_type) throw new NodeError('ValueError', 'Missing file mime_type');
      const remote = file.transfer_method === 'remote_url' || file.related_id === null;
      const source = remote
        ? { url: file.remote_url ?? file.url ?? '' }
        : { read: () => read(file, { maxBytes: MAX_MODEL_BYTES, signal: task.signal }) };
      const part = { source, mimeType: mime_type, filename: filename ?? `file${extension}` };
      return type === 'image' ? { kind: type, ...part, detail } : { kind: type, ...part };
    },
    async save({ bytes, filename, mimeType }, { signal }) {
      signal.throwIfAborted();
      const made = await keepToolFile(parts, task, { kind: 'file', data: bytes, mimeType, filename });
      if (made === null) {
        const id = newId();
        unkept.set(id, bytes);
        return unkeptFile(id, { filename, mimeType, size: bytes.byteLength });
      }
      if (made.uploadId !== null) own.add(made.uploadId);
      return fileObjectOf(made, task.fileUrl);
    },
  };
}

/** Without an address: nobody but this run has it. */
function unkeptFile(
  id: string,
  { filename, mimeType, size }: Pick<RunFile, 'filename' | 'mimeType' | 'size'>,
): FileValue {
  const extension = /\.([A-Za-z0-9]{1,10})$/.exec(filename)?.[1]?.toLowerCase() ?? '';
  const type = fileTypeOf({ extension, mimeType });
  const made = { filename, mimeType, size, type, extension, transferMethod: 'tool_file' } as const;
  return { ...fileObjectOf({ id, uploadId: id, url: null, ...made }, () => ''), url: null };
}

function notFound(): NodeError {
  return new NodeError('FileNotFoundError', 'File not found.');
}

function tooLarge(maxBytes: number): NodeError {
  return new NodeError('FileTooLargeError', `The file is larger than ${maxBytes} bytes.`);
}
