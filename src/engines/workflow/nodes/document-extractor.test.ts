import { expect, test } from 'vitest';
import { EXTRACT_LIMITS } from '../../../knowledge/extract/extract-limits.ts';
import type { PoolState } from '../pool/variable-pool.ts';
import { FILE_IDENTITY, type FileValue } from '../values/file-value.ts';
import type { Value } from '../values/value.ts';
import { edges, node, play, readOrThrow } from '../workflow.fixture.ts';
import type { WorkflowFiles } from '../workflow-services.ts';

function file(filename: string, more: Partial<FileValue> = {}): FileValue {
  return {
    ...{ dify_model_identity: FILE_IDENTITY, id: null, type: 'document', transfer_method: 'local_file' },
    ...{ remote_url: null, related_id: filename, filename, mime_type: 'text/plain', size: -1, url: null },
    extension: `.${filename.split('.').at(-1)}`,
    ...more,
  };
}

/** Runs the node over `value`; files hold what `contents` says by their names. */
async function extract(
  value: Value,
  contents: Readonly<Record<string, string>> = {},
  read: WorkflowFiles['read'] = async ({ filename }) => {
    const content = contents[filename ?? ''];
    if (content === undefined) throw new Error(`There is no file ${filename}.`);
    return new TextEncoder().encode(content);
  },
) {
  const graph = readOrThrow(
    [node('start', 'start'), node('x', 'document-extractor', { variable_selector: ['n', 'f'] })],
    edges('start -> x'),
  );
  const variables: PoolState = value === undefined ? [] : [['n', [['f', { value }]]]];
  const files = { read } as WorkflowFiles;
  const { events } = await play(graph, { variables, services: { files } });
  const finished = events.find((event) => event.kind === 'node_finished' && event.nodeId === 'x');
  const set = events.find((event) => event.kind === 'variable_set');
  if (finished?.kind !== 'node_finished') throw new Error('The node has not finished.');
  return { ...finished, set };
}

test('a file is one text', async () => {
  const one = file('a.json');
  expect(await extract(one, { 'a.json': '{"a":1}' })).toMatchObject({
    status: 'succeeded',
    outputs: { text: '{\n  "a": 1\n}' },
    inputs: { variable_selector: ['n', 'f'] },
    processData: { documents: [one] },
  });
});

test('several files are a list of texts, in their order', async () => {
  const files = [file('a.txt'), file('b.csv')];
  expect(await extract(files, { 'a.txt': 'A', 'b.csv': 'x,y' })).toMatchObject({
    outputs: { text: ['A', '| x | y |\n| --- | --- |\n'] },
    processData: { documents: files },
  });
});

test('no files are no texts', async () => {
  const { status, outputs } = await extract([]);
  expect({ status, outputs }).toEqual({ status: 'succeeded', outputs: { text: [] } });
});

test('the list of texts is one of strings, also when it is empty', async () => {
  const graph = readOrThrow(
    [
      node('start', 'start'),
      node('x', 'document-extractor', { variable_selector: ['n', 'f'] }),
      node('l', 'list-operator', { variable: ['x', 'text'] }),
      node('a', 'answer', { answer: '{{#l.result#}}.' }),
    ],
    edges('start -> x -> l -> a'),
  );
  const { outcome } = await play(graph, { variables: [['n', [['f', { value: [] }]]]] });
  expect(outcome).toMatchObject({ outputs: { answer: '.' } });
});

test('the MIME type tells what a file without an extension is', async () => {
  const one = file('a', { extension: '', mime_type: 'text/csv' });
  expect((await extract(one, { a: 'x' })).outputs).toEqual({ text: '| x |\n| --- |\n' });
});

test.each([
  ['a text', 'x', "Variable ['n', 'f'] is not an ArrayFileSegment"],
  ['nothing', null, "Variable ['n', 'f'] is not an ArrayFileSegment"],
  ['a list of texts', ['x'], "Variable ['n', 'f'] is not an ArrayFileSegment"],
])('%s is no document', async (_, value, error) => {
  expect(await extract(value)).toMatchObject({ status: 'failed', error });
});

test('a variable that is not there', async () => {
  expect(await extract(undefined as never)).toMatchObject({
    status: 'failed',
    error: "File variable not found for selector: ['n', 'f']",
  });
});

test.each([
  ['a kind that nobody reads', file('a.doc'), 'Unsupported Extension Type: .doc'],
  [
    'a type that nobody reads',
    file('a', { extension: null, mime_type: 'image/png' }),
    'Unsupported MIME type: image/png',
  ],
  ['a broken file', file('a.json'), 'Failed to decode or parse JSON file: '],
  ['a file that is not there', file('gone.txt'), 'Error downloading file: There is no file gone.txt.'],
])('%s fails the node, which tells what it was given', async (_, one, error) => {
  expect(await extract([one], { 'a.json': '{' })).toMatchObject({
    status: 'failed',
    error: expect.stringContaining(error),
    inputs: { variable_selector: ['n', 'f'] },
    processData: { documents: [one] },
  });
});

test('what nobody reads is not fetched; of the rest at most as much as a document may have', async () => {
  const limits: number[] = [];
  const read: WorkflowFiles['read'] = async (_, { maxBytes }) => {
    limits.push(maxBytes);
    return new Uint8Array();
  };
  await extract([file('a.doc')], {}, read);
  expect(limits).toEqual([]);
  await extract([file('a.txt')], {}, read);
  expect(limits).toEqual([EXTRACT_LIMITS.inputBytes]);
});

test('all files together have the room of one document', async () => {
  const half = new Uint8Array(EXTRACT_LIMITS.outputChars / 2 + 1).fill(97);
  expect(await extract([file('a.txt'), file('b.txt')], {}, async () => half)).toMatchObject({
    status: 'failed',
    error: 'The documents have more than 10,000,000 characters of text',
  });
});

test('a stop reaches the file that is being read', async () => {
  const stop = new AbortController();
  const graph = readOrThrow(
    [node('start', 'start'), node('x', 'document-extractor', { variable_selector: ['n', 'f'] })],
    edges('start -> x'),
  );
  let given: AbortSignal | undefined;
  const read: WorkflowFiles['read'] = (_, { signal }) => {
    given = signal;
    stop.abort(new Error('stopped'));
    return new Promise((_, reject) => {
      if (signal.aborted) reject(signal.reason);
    });
  };
  const { outcome } = await play(graph, {
    signal: stop.signal,
    variables: [['n', [['f', { value: file('a.txt') }]]]],
    services: { files: { read } as WorkflowFiles },
  });
  expect(given?.aborted).toBe(true);
  expect(outcome.status).toBe('stopped');
});
