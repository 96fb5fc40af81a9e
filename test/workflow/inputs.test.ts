import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { sendChat } from '../support/parley/turns.ts';
import { upload } from '../support/parley/upload.ts';
import { responseProblems } from '../support/spec/dify-spec.ts';
import { answerNode, endNode, graphApp, startNode } from './graph-app.ts';
import { dataOf, type Fields, runWorkflow, sendWorkflow, streamWorkflow } from './workflow-turns.ts';

/** One field of each kind; none is required. */
const FORM = [
  { variable: 'text', type: 'text-input', max_length: 5, default: 'given' },
  { variable: 'long', type: 'paragraph' },
  { variable: 'pick', type: 'select', options: ['a', "b's"], default: 'a' },
  { variable: 'count', type: 'number', default: 3 },
  { variable: 'check', type: 'checkbox' },
  { variable: 'object', type: 'json_object' },
  { variable: 'file', type: 'file', allowed_file_types: ['image', 'document'] },
  { variable: 'files', type: 'file-list', max_length: 2, allowed_file_types: ['image'] },
  {
    variable: 'local',
    type: 'file',
    allowed_file_types: ['custom'],
    allowed_file_extensions: ['.XYZ'],
    allowed_file_upload_methods: ['local_file'],
  },
];
const NOTHING = {
  ...{ text: 'given', long: null, pick: 'a', count: 3, check: null, object: null },
  ...{ file: null, files: null, local: null },
};
const URL_OF_PNG = 'https://example.test/pictures/cat.png';
const remote = { type: 'image', transfer_method: 'remote_url', url: URL_OF_PNG };

let parley: TestParley;
/** Uploads of `u1` by name, and one of somebody else. */
let uploads: Record<'png' | 'txt' | 'xyz' | 'foreign', string>;

beforeAll(async () => {
  const selectors = Object.fromEntries(FORM.map(({ variable }) => [variable, ['start', variable]]));
  const required = FORM.map((field) => ({ ...field, required: true, default: undefined }));
  const upload_ = { file_upload: { enabled: true, allowed_file_types: ['image'], number_limits: 2 } };
  parley = await startParley({
    apps: {
      workflow: graphApp('workflow', { start: startNode(...FORM), end: endNode(selectors) }),
      chatflow: graphApp('advanced-chat', {
        start: startNode(...FORM),
        answer: answerNode('{{#start.text#}}'),
      }),
      required: graphApp('workflow', { start: startNode(...required), end: endNode({}) }),
      files: graphApp(
        'workflow',
        { start: startNode(), end: endNode({ files: ['sys', 'files'] }) },
        { features: upload_ },
      ),
      closed: graphApp('workflow', { start: startNode(), end: endNode({ files: ['sys', 'files'] }) }),
    },
  });
  const send = async (name: string, type: string, options: { user?: string; app?: string } = {}) => {
    const response = await upload(parley, { name, type, data: 'data' }, { app: 'workflow', ...options });
    expect(response.status).toBe(201);
    return ((await response.json()) as { id: string }).id;
  };
  uploads = {
    png: await send('cat.png', 'image/png'),
    txt: await send('notes.txt', 'text/plain'),
    xyz: await send('data.xyz', 'application/octet-stream'),
    foreign: await send('theirs.png', 'image/png', { user: 'somebody else' }),
  };
});
afterAll(() => parley.close());

const stored = (name: keyof typeof uploads, type: string) => ({
  ...{ type, transfer_method: 'local_file', upload_file_id: uploads[name] },
});
const outputs = async (inputs: Fields): Promise<Fields> =>
  (await runWorkflow(parley, { inputs })).data.outputs as Fields;

describe('what is given', () => {
  test('nothing: defaults, and null where there is none', async () => {
    expect(await outputs({})).toEqual(NOTHING);
    expect(await outputs({ text: null, count: null })).toEqual(NOTHING);
  });

  test.each<[string, unknown, unknown]>([
    ['text', '', ''],
    ['text', 'ünïcö', 'ünïcö'],
    ['text', '👍👍👍👍👍', '👍👍👍👍👍'],
    ['text', 'a\0b', 'ab'],
    ['long', 'x'.repeat(100_000), 'x'.repeat(100_000)],
    ['pick', "b's", "b's"],
    ['count', 0, 0],
    ['count', 1.5, 1.5],
    ['count', '7', 7],
    ['count', '7.25', 7.25],
    ['count', ' ', null],
    ['check', 'yes', true],
    ['check', 'off', false],
    ['check', 1, true],
    ['check', false, false],
    ['object', { a: { b: [1, 'x', null] } }, { a: { b: [1, 'x', null] } }],
    ['object', {}, {}],
    ['file', '', null],
    ['files', '', null],
    ['files', [], []],
  ])('%s: %j', async (variable, given, expected) => {
    expect((await outputs({ [variable]: given }))[variable]).toEqual(expected);
  });

  test('what the form does not ask for is dropped', async () => {
    const events = await streamWorkflow(parley, {
      inputs: { text: 'x', stranger: 'danger', 'sys.user_id': 'root', sys: { files: [] } },
    });
    const [started] = dataOf(events, 'workflow_started');
    const { inputs } = started as { inputs: Fields };
    expect(inputs).not.toHaveProperty('stranger');
    expect(inputs).not.toHaveProperty('sys');
    expect(inputs['sys.user_id']).toBe('u1');
    expect(dataOf(events, 'workflow_finished')[0]?.outputs).toEqual({ ...NOTHING, text: 'x' });
  });

  test('of a chatflow each turn brings its own', async () => {
    const first = await sendChat(parley, { inputs: { text: 'one' } }, 'chatflow');
    const { conversation_id, answer } = (await first.json()) as Fields;
    expect(answer).toBe('one');
    const next = await sendChat(parley, { conversation_id, inputs: {} }, 'chatflow');
    expect(await next.json()).toMatchObject({ answer: 'given' });
  });
});

describe('files', () => {
  test('an upload becomes a file value', async () => {
    const { file } = await outputs({ file: stored('png', 'image') });
    expect(file).toEqual({
      ...{ dify_model_identity: '__dify__file__', id: null, type: 'image', transfer_method: 'local_file' },
      ...{ remote_url: null, filename: 'cat.png', extension: '.png', mime_type: 'image/png', size: 4 },
      reference: uploads.png,
      related_id: uploads.png,
      url: expect.stringContaining(uploads.png),
    });
    const signed = String((file as Fields).url);
    const bytes = await fetch(new URL(signed, parley.url));
    expect(await bytes.text()).toBe('data');
  });

  test('so does an address, which is not asked', async () => {
    expect((await outputs({ file: remote })).file).toMatchObject({
      ...{ type: 'image', transfer_method: 'remote_url', remote_url: URL_OF_PNG, related_id: null },
      ...{ filename: 'cat.png', extension: '.png', mime_type: 'image/png', size: -1, url: URL_OF_PNG },
    });
  });

  test('lists keep their order; entries that name no method are dropped', async () => {
    const { files } = await outputs({ files: [remote, {}] });
    expect(files).toMatchObject([{ filename: 'cat.png', remote_url: URL_OF_PNG }]);
    const both = (await outputs({ files: [stored('png', 'image'), remote] })).files;
    expect(both).toMatchObject([{ transfer_method: 'local_file' }, { transfer_method: 'remote_url' }]);
  });

  test('custom ones go by their extension', async () => {
    expect((await outputs({ local: stored('xyz', 'custom') })).local).toMatchObject({
      ...{ type: 'custom', extension: '.xyz', filename: 'data.xyz' },
    });
  });

  test('are told with the nodes and the end', async () => {
    const events = await streamWorkflow(parley, { inputs: { file: stored('png', 'image') } });
    const [finished] = dataOf(events, 'workflow_finished');
    expect(finished?.files).toMatchObject([{ related_id: uploads.png }]);
    expect(dataOf(events, 'node_finished', 'end')[0]?.files).toMatchObject([{ related_id: uploads.png }]);
    expect(dataOf(events, 'workflow_started')).toMatchObject([
      { inputs: { file: { dify_model_identity: '__dify__file__', related_id: uploads.png } } },
    ]);
  });

  test('sys.files of a workflow made long ago', async () => {
    const id = await upload(parley, { name: 'a.png', type: 'image/png', data: 'x' }, { app: 'files' });
    const { id: upload_file_id } = (await id.json()) as Fields;
    const files = [{ type: 'image', transfer_method: 'local_file', upload_file_id }, { no: 'method' }];
    const { data } = await runWorkflow(parley, { files }, 'files');
    expect((data.outputs as Fields).files).toMatchObject([{ related_id: upload_file_id, type: 'image' }]);
    const many = await sendWorkflow(parley, { files: [remote, remote, remote] }, 'files');
    expect(await many.json()).toMatchObject({
      message: 'Number of image files exceeds the maximum limit 2',
    });
    // An app that takes none ignores them.
    const closed = await runWorkflow(parley, { files: [remote] }, 'closed');
    expect(closed.data.outputs).toEqual({ files: [] });
  });
});

describe('what is refused, before any stream opens', () => {
  const bad: readonly [inputs: () => Fields, message: string][] = [
    [() => ({ text: 5 }), "(type 'text-input') text in input form must be a string"],
    [() => ({ long: ['x'] }), "(type 'paragraph') long in input form must be a string"],
    [() => ({ text: 'sixsix' }), 'text in input form must be less than 5 characters'],
    [() => ({ pick: 'c' }), `pick in input form must be one of the following: ['a', "b's"]`],
    [() => ({ pick: '' }), `pick in input form must be one of the following: ['a', "b's"]`],
    [() => ({ pick: 1 }), "(type 'select') pick in input form must be a string"],
    [() => ({ count: '1e5' }), 'count in input form must be a valid number'],
    [() => ({ count: 'many' }), 'count in input form must be a valid number'],
    [() => ({ object: [1] }), 'object in input form must be a dict'],
    [() => ({ object: '{"a":1}' }), 'object in input form must be a dict'],
    [() => ({ check: { a: 1 } }), "Invalid input type for ['check']"],
    [() => ({ check: [{ a: 1 }] }), "Invalid input type for ['check']"],
    [() => ({ file: 'cat.png' }), 'file in input form must be a file'],
    [() => ({ file: [remote] }), 'file in input form must be a file'],
    [() => ({ files: remote }), 'files in input form must be a list of files'],
    [() => ({ files: ['x'] }), 'files in input form must be a list of files'],
    [() => ({ files: [remote, remote, remote] }), 'files in input form must be less than 2 files'],
    [() => ({ file: { type: 'image', url: 'x' } }), 'transfer_method is required in file mapping'],
    [() => ({ file: { ...remote, transfer_method: 'fax' } }), "'fax' is not a valid FileTransferMethod"],
    [() => ({ file: { ...remote, type: 'smell' } }), "'smell' is not a valid FileType"],
    [() => ({ file: { type: 'image', transfer_method: 'local_file' } }), 'Invalid upload file id'],
    [() => ({ file: { ...stored('png', 'image'), upload_file_id: '1' } }), 'Invalid upload file id format'],
    [
      () => ({ file: { ...stored('png', 'image'), upload_file_id: '00000000-0000-4000-8000-000000000000' } }),
      'Invalid upload file',
    ],
    [() => ({ file: stored('foreign', 'image') }), 'Invalid upload file'],
    [() => ({ files: [remote, stored('foreign', 'image')] }), 'Invalid upload file'],
    [() => ({ file: { type: 'image', transfer_method: 'remote_url' } }), 'Invalid file url'],
    [() => ({ file: { ...remote, url: 'file:///etc/passwd' } }), 'Invalid file url'],
    [
      () => ({ file: stored('txt', 'image') }),
      'Detected file type does not match the specified type. Please verify the file.',
    ],
    [() => ({ files: [stored('txt', 'document')] }), 'File validation failed for file: notes.txt'],
    [() => ({ local: stored('png', 'custom') }), 'File validation failed for file: cat.png'],
    [
      () => ({ local: { type: 'custom', transfer_method: 'remote_url', url: 'https://example.test/a.xyz' } }),
      'File validation failed for file: a.xyz',
    ],
  ];

  test.each(bad.map(([inputs, message], at) => ({ at, inputs, message })))(
    '$at: $message',
    async ({ inputs, message }) => {
      for (const response_mode of ['streaming', 'blocking']) {
        for (const response of [
          await sendWorkflow(parley, { inputs: inputs(), response_mode }),
          // Uploads belong to an app; of another app there are none.
          ...(message.startsWith('Detected') ||
          message.startsWith('File validation') ||
          /foreign/.test(`${inputs}`)
            ? []
            : [await sendChat(parley, { inputs: inputs(), response_mode }, 'chatflow')]),
        ]) {
          expect(response.status).toBe(400);
          expect(response.headers.get('content-type')).toMatch(/^application\/json/);
          const body = await response.json();
          expect(body).toEqual({ code: 'invalid_param', message, status: 400 });
          expect(responseProblems('post', '/workflows/run', 400, body)).toEqual([]);
        }
      }
    },
  );

  test('required ones in the order of the form', async () => {
    const given: Fields = {};
    const values: Fields = {
      ...{ text: '', long: 'x', pick: 'a', count: 0, check: false, object: { a: 1 } },
      ...{ file: remote, files: [] },
    };
    for (const { variable } of FORM) {
      const response = await sendWorkflow(parley, { inputs: { ...given } }, 'required');
      expect(await response.json()).toMatchObject({ message: `${variable} is required in input form` });
      given[variable] = values[variable];
    }
    const empty = await sendWorkflow(parley, { inputs: { ...given, file: '' } }, 'required');
    expect(await empty.json()).toMatchObject({ message: 'file in input form must be a file' });
  });

  test('and no run is made of it', async () => {
    const { total } = (await (await parley.request('required', 'GET', '/workflows/logs')).json()) as Fields;
    expect(total).toBe(0);
  });
});

test('the form is told with the whole of each variable', async () => {
  const response = await parley.request('workflow', 'GET', '/parameters');
  const { user_input_form } = (await response.json()) as { user_input_form: Record<string, Fields>[] };
  expect(user_input_form.map((field) => Object.keys(field)[0])).toEqual(FORM.map(({ type }) => type));
  expect(user_input_form[2]?.select).toMatchObject({ variable: 'pick', options: ['a', "b's"], default: 'a' });
});
