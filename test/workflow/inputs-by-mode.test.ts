import { afterAll, beforeAll, expect, test } from 'vitest';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { answered, sendChat } from '../support/parley/turns.ts';
import { upload } from '../support/parley/upload.ts';
import { answerNode, endNode, graphApp, startNode } from './graph-app.ts';
import { runWorkflow, sendWorkflow } from './workflow-turns.ts';

const WRONG_TYPE = 'Detected file type does not match the specified type. Please verify the file.';
const FORM = startNode(
  { variable: 'file', type: 'file', allowed_file_types: ['image', 'document'] },
  { variable: 'note', type: 'text-input', default: '' },
);
const features = { file_upload: { enabled: true, allowed_file_types: ['image', 'document'] } };

let parley: TestParley;
beforeAll(async () => {
  parley = await startParley({
    apps: {
      workflow: graphApp(
        'workflow',
        { start: FORM, end: endNode({ files: ['sys', 'files'], note: ['start', 'note'] }) },
        { features },
      ),
      chatflow: graphApp(
        'advanced-chat',
        { start: FORM, answer: answerNode('{{#start.file.type#}} of {{#start.file.name#}}') },
        { features },
      ),
    },
  });
});
afterAll(() => parley.close());

/** A text that is said to be a picture. */
async function disguised(app: string): Promise<object> {
  const response = await upload(parley, { name: 'notes.txt', type: 'text/plain', data: 'x' }, { app });
  const { id } = (await response.json()) as { id: string };
  return { type: 'image', transfer_method: 'local_file', upload_file_id: id };
}

test('a workflow refuses files that are not what they are said to be, as input and beside them', async () => {
  const file = await disguised('workflow');
  for (const body of [{ inputs: { file } }, { inputs: {}, files: [file] }]) {
    const response = await sendWorkflow(parley, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'invalid_param', message: WRONG_TYPE });
  }
});

test('a chatflow takes them for what they are said to be', async () => {
  const file = await disguised('chatflow');
  const { answer } = await answered(sendChat(parley, { inputs: { file }, files: [file] }, 'chatflow'));
  expect(answer).toBe('image of notes.txt');
});

test('an empty default is an empty text, not nothing', async () => {
  expect((await runWorkflow(parley, { inputs: {} })).data.outputs).toEqual({ files: [], note: '' });
});
