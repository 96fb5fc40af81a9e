import { afterAll } from 'vitest';
import type { OutboundRule } from '../../../config/outbound-rule.ts';
import { createOutbound } from '../../../outbound/create-outbound.ts';
import { rules } from '../../../outbound/start-callee.fixture.ts';
import type { PoolState } from '../pool/variable-pool.ts';
import { FILE_IDENTITY, type FileValue } from '../values/file-value.ts';
import type { ValueRecord } from '../values/value.ts';
import { edges, node, play, readOrThrow } from '../workflow.fixture.ts';
import type { WorkflowFiles } from '../workflow-services.ts';

const outbound = createOutbound();
afterAll(() => outbound.close());
const local = rules('127.0.0.0/8');

const file: FileValue = {
  ...{
    dify_model_identity: FILE_IDENTITY,
    id: null,
    type: 'document',
    transfer_method: 'local_file',
    remote_url: null,
  },
  ...{ related_id: 'f1', filename: 'a.txt', extension: '.txt', mime_type: 'text/plain', size: 5, url: null },
};
/** Files that answers were saved as. */
export const saved: { filename: string; mimeType: string; bytes: Uint8Array }[] = [];
const files: WorkflowFiles = {
  read: async ({ related_id }) => {
    if (related_id !== 'f1') throw new Error('gone');
    return Buffer.from('hello');
  },
  save: async (one) => {
    saved.push(one);
    return { ...file, filename: one.filename, mime_type: one.mimeType };
  },
  contentOf() {
    throw new Error('HTTP nodes ask no model.');
  },
};

const variables: PoolState = [
  [
    'env',
    [
      ['KEY', { value: 'sk-secret-1', type: 'secret' }],
      ['HOST', { value: 'x' }],
    ],
  ],
  [
    'n',
    [
      ['q', { value: 'a b&c' }],
      ['file', { value: file }],
      ['files', { value: [file, file] }],
      ['lost', { value: { ...file, related_id: 'f2' } }],
    ],
  ],
];

const once = { retry_config: { retry_enabled: false } };

/** Runs one HTTP node, without retries unless `data` has some. Files `n.file` and `n.files` can be read, `n.lost` cannot. */
export async function send(
  data: ValueRecord,
  more: { allow?: readonly OutboundRule[]; signal?: AbortSignal } = {},
) {
  const start = node('start', 'start');
  const graph = readOrThrow(
    [start, node('http', 'http-request', { method: 'get', ...once, ...data })],
    edges('start -> http'),
  );
  const played = await play(graph, {
    variables,
    services: { outbound, files, allow: more.allow ?? local },
    ...(more.signal && { signal: more.signal }),
  });
  const finished = played.events.find((event) => event.kind === 'node_finished' && event.nodeId === 'http');
  return { ...played, finished: finished?.kind === 'node_finished' ? finished : null };
}
