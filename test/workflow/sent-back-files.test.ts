import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { upload } from '../support/parley/upload.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';
import { endNode, graphApp, startNode } from './graph-app.ts';
import { httpNode } from './stop-support.ts';
import { type Fields, runWorkflow, sendWorkflow } from './workflow-turns.ts';

/** Takes files of any method that a form can list, and makes one. */
const FORM = [
  { variable: 'file', type: 'file', allowed_file_types: ['image'] },
  { variable: 'files', type: 'file-list', max_length: 2, allowed_file_types: ['image'] },
  {
    variable: 'remote',
    type: 'file',
    allowed_file_types: ['image'],
    allowed_file_upload_methods: ['remote_url'],
  },
  { variable: 'document', type: 'file', allowed_file_types: ['document'] },
];

let callee: Callee;
let parley: TestParley;
/** From the outputs of a run of `u1`. */
let made: Fields;

beforeAll(async () => {
  callee = await startCallee({ headers: { 'content-type': 'image/png' }, body: Buffer.from('a picture') });
  const graph = graphApp(
    'workflow',
    {
      start: startNode(...FORM),
      get: httpNode(`${callee.url}/cat.png`),
      end: endNode({
        made: ['get', 'files'],
        sys: ['sys', 'files'],
        ...Object.fromEntries(FORM.map(({ variable }) => [variable, ['start', variable]])),
      }),
    },
    { features: { file_upload: { enabled: true, allowed_file_types: ['image'], number_limits: 2 } } },
  );
  parley = await startParley({
    apps: { workflow: graph, other: graph },
    config: { outbound: { allow: [`127.0.0.1:${callee.port}`] } },
  });
  const { data } = await runWorkflow(parley);
  [made] = (data.outputs as { made: [Fields] }).made;
});
afterAll(async () => {
  await parley.close();
  await callee.close();
});

async function outputs(body: Fields): Promise<Fields> {
  return (await runWorkflow(parley, body)).data.outputs as Fields;
}
async function refusal(body: Fields, app = 'workflow'): Promise<unknown> {
  const response = await sendWorkflow(parley, body, app);
  const { message, code, status } = (await response.json()) as Fields;
  expect([response.status, code, status]).toEqual([400, 'invalid_param', 400]);
  return message;
}
/** What is the same of a file wherever it is told: its address is signed anew each time. */
const told = ({ url, ...file }: Fields) => file;

describe('a file object from the outputs of a run', () => {
  test('is taken as an input, alone and in a list, as it stands there', async () => {
    expect(made).toMatchObject({ transfer_method: 'tool_file', type: 'image' });
    const { file, files, remote } = await outputs({ inputs: { file: made, files: [made], remote: made } });
    for (const value of [file, remote, (files as Fields[])[0]]) {
      expect(told(value as Fields)).toEqual(told(made));
      const bytes = await fetch(String((value as Fields).url));
      expect(await bytes.text()).toBe('a picture');
    }
  });

  test('is taken among `files`', async () => {
    const { sys } = await outputs({ files: [made] });
    expect((sys as Fields[]).map(told)).toEqual([told(made)]);
  });

  test('is found by each of its ids', async () => {
    const id = made.related_id;
    const file = { type: 'image', transfer_method: 'tool_file' };
    for (const name of ['upload_file_id', 'reference', 'related_id', 'id'])
      expect((await outputs({ inputs: { file: { ...file, upload_file_id: '', [name]: id } } })).file).toEqual(
        expect.objectContaining({ related_id: id, transfer_method: 'tool_file' }),
      );
  });

  test('is of a type that the form takes, and of the one that it is said to be', async () => {
    expect(await refusal({ inputs: { document: made } })).toMatch(/^File validation failed for file: /);
    expect(await refusal({ inputs: { document: { ...made, type: 'document' } } })).toMatch(
      /^Detected file type does not match/,
    );
  });

  test('is nobody else’s', async () => {
    for (const [app, user] of [
      ['workflow', 'u2'],
      ['other', 'u1'],
    ] as const)
      for (const body of [{ inputs: { file: made } }, { inputs: { files: [made] } }, { files: [made] }])
        expect(await refusal({ inputs: {}, user, ...body }, app)).toBe('Invalid upload file');
  });
});

test('so is one from the end user’s own upload, and of a data source', async () => {
  const response = await upload(
    parley,
    { name: 'own.png', type: 'image/png', data: 'x' },
    { app: 'workflow' },
  );
  const { id } = (await response.json()) as Fields;
  const first = (
    await outputs({
      inputs: { file: { type: 'image', transfer_method: 'datasource_file', related_id: id } },
    })
  ).file as Fields;
  expect(first).toMatchObject({ transfer_method: 'local_file', related_id: id, filename: 'own.png' });
  expect(told((await outputs({ inputs: { file: first } })).file as Fields)).toEqual(told(first));
});

test.each([
  [{}, 'Invalid upload file id'],
  [{ upload_file_id: 'x' }, 'Invalid upload file id format'],
  [{ url: 'https://example.test/a.png' }, 'Invalid upload file id'],
  [{ upload_file_id: '00000000-0000-4000-8000-000000000000' }, 'Invalid upload file'],
])('a made file that is %j is refused', async (file, message) => {
  const mapping = { type: 'image', transfer_method: 'tool_file', ...file };
  expect(await refusal({ inputs: { file: mapping } })).toBe(message);
  expect(await refusal({ files: [mapping] })).toBe(message);
});
