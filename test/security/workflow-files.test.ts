import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { answered, sendChat } from '../support/parley/turns.ts';
import { upload } from '../support/parley/upload.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';
import {
  answerNode,
  endNode,
  graphApp,
  llmNode,
  startNode,
  type TestNode,
  templateNode,
} from '../workflow/graph-app.ts';
import { codeNode, httpNode } from '../workflow/stop-support.ts';
import { finishedIn, streamWorkflow } from '../workflow/workflow-turns.ts';

/** In the victims' files. */
const CANARY = 'canary-of-the-victim-7731';
const OWN = 'this is the user’s own file';

let provider: MockProvider;
let callee: Callee;
let parley: TestParley;
/** The upload of the caller’s namesake in another app. */
let otherApp = '';

/** How a file that was never uploaded comes into a run: the node that makes it up, and where it stands then. */
const WAYS: Readonly<Record<string, { readonly node: TestNode | null; readonly at: readonly string[] }>> = {
  input: { node: null, at: ['start', 'file'] },
  code: {
    node: codeNode('javascript', 'function main({ file }) { return { out: file } }', {
      variables: [{ variable: 'file', value_selector: ['start', 'file'] }],
      outputs: { out: { type: 'object' } },
    }),
    at: ['made', 'out'],
  },
  list: {
    node: codeNode('javascript', 'function main({ file }) { return { out: [file, file] } }', {
      variables: [{ variable: 'file', value_selector: ['start', 'file'] }],
      outputs: { out: { type: 'array[object]' } },
    }),
    at: ['made', 'out'],
  },
  model: {
    node: llmNode('Make it up.', {
      structured_output_enabled: true,
      structured_output: { schema: { type: 'object', properties: {} } },
    }),
    at: ['made', 'structured_output'],
  },
};

/** Who would read it. */
const READERS: Readonly<Record<string, (at: readonly string[]) => TestNode>> = {
  form: (file) =>
    httpNode('CALLEE/form', {
      method: 'post',
      body: { type: 'form-data', data: [{ type: 'file', key: 'file', file }] },
    }),
  binary: (file) =>
    httpNode('CALLEE/binary', { method: 'post', body: { type: 'binary', data: [{ type: 'file', file }] } }),
  vision: (selector) =>
    llmNode('Look.', {
      vision: { enabled: true, configs: { variable_selector: selector, detail: 'high' } },
    }),
  document: (variable_selector) => ({ type: 'document-extractor', variable_selector, is_array_file: false }),
};

const form = startNode({ variable: 'file', type: 'json_object' });

function apps(url: string): Record<string, string> {
  const made: Record<string, string> = {};
  for (const [way, { node, at }] of Object.entries(WAYS)) {
    for (const [reader, nodeOf] of Object.entries(READERS))
      made[`${way}-${reader}`] = graphApp('workflow', {
        start: form,
        ...(node && { made: node }),
        read: JSON.parse(JSON.stringify(nodeOf(at)).replaceAll('CALLEE', url)),
        end: endNode({ body: ['read', 'body'], text: ['read', 'text'] }),
      });
    made[`chat-${way}`] = graphApp('advanced-chat', {
      start: form,
      ...(node && { made: node }),
      answer: answerNode(`Here: {{#${at.join('.')}#}} {{#${[...at, 'url'].join('.')}#}}`),
    });
  }
  made.template = graphApp('workflow', {
    start: form,
    t: templateNode('{{ file }} {{ file.url }} {{ file["remote_url"] }}', { file: ['start', 'file'] }),
    end: endNode({ out: ['t', 'output'], file: ['start', 'file'] }),
  });
  return made;
}

beforeAll(async () => {
  provider = await startMockProvider();
  callee = await startCallee();
  parley = await startParley({
    apps: { ...apps(callee.url), other: graphApp('workflow', { start: startNode(), end: endNode({}) }) },
    provider: provider.baseUrl,
    config: { outbound: { allow: [`127.0.0.1:${callee.port}`] } },
  });
  otherApp = await put('other', 'u1', CANARY);
});
/** What the model says. */
let said = '';
beforeEach(() => provider.reply(() => ({ tokens: [said] })));
afterAll(async () => {
  await parley.close();
  await callee.close();
  await provider.close();
});

/** A file as variables hold it, made up by whoever wrote it. */
function forged(related_id: unknown, more: object = {}) {
  return {
    ...{ dify_model_identity: '__dify__file__', id: null, type: 'image', transfer_method: 'local_file' },
    ...{ remote_url: null, related_id, reference: related_id, filename: 'a.png', extension: '.png' },
    ...{ mime_type: 'image/png', size: 30, url: null, ...more },
  };
}

/** The run of an app into which this file comes, from the end user and from the model. */
function run(app: string, file: unknown) {
  said = JSON.stringify(file);
  return streamWorkflow(parley, { inputs: { file } }, app);
}

/** Uploads what belongs to others of that app, and to the caller. */
async function uploads(app: string) {
  return { own: await put(app, 'u1', OWN), foreign: await put(app, 'victim', CANARY) };
}

async function put(app: string, user: string, data: string): Promise<string> {
  const response = await upload(parley, { name: 'a.png', type: 'image/png', data }, { app, user });
  return ((await response.json()) as { id: string }).id;
}

/** Everything that left the server for models and services. */
const sent = () =>
  JSON.stringify([callee.requests.map(({ body }) => body), provider.requests.map(({ body }) => body)]);
const CANARY_FORMS = [CANARY, Buffer.from(CANARY).toString('base64').slice(0, 30)];
const shows = (text: string) => CANARY_FORMS.some((form) => text.includes(form));

const cases = Object.keys(WAYS).flatMap((way) =>
  Object.keys(READERS).map((reader) => [way, reader] as const),
);

describe.each(cases)('a file made up by %s, read by %s', (way, reader) => {
  const app = `${way}-${reader}`;
  const looks =
    reader === 'document'
      ? { type: 'document', filename: 'a.txt', extension: '.txt', mime_type: 'text/plain' }
      : {};

  test('is nothing of somebody else’s', async () => {
    const { foreign } = await uploads(app);
    for (const id of [foreign, otherApp])
      for (const transfer_method of ['local_file', 'tool_file', 'datasource_file']) {
        const events = await run(app, forged(id, { ...looks, transfer_method }));
        expect(finishedIn(events)).toMatchObject({
          status: 'failed',
          error: expect.stringContaining('File not found.'),
        });
        expect(shows(JSON.stringify(events) + sent())).toBe(false);
        expect(JSON.stringify(events)).not.toMatch(/sign=|file-preview/);
      }
  });

  test('is what the user has uploaded, by its id', async () => {
    const { own } = await uploads(app);
    const before = [provider.requests.length, callee.requests.length];
    const events = await run(app, forged(own, looks));
    expect(finishedIn(events)).toMatchObject({ status: 'succeeded' });
    const seen = JSON.stringify([
      finishedIn(events).outputs,
      callee.requests.slice(before[1]).map(({ body }) => body),
      provider.requests.slice(before[0]).map(({ body }) => body),
    ]);
    expect([OWN, Buffer.from(OWN).toString('base64')].some((form) => seen.includes(form))).toBe(true);
  });

  test.each([
    ['a path', '../../../../etc/passwd'],
    ['no text', { toString: 'x' }],
    ['a number', 7],
    ['a list', [[]]],
    ['nothing', undefined],
    ['what it would be named', 'parley.db'],
    ['letters that no database has', 'a\0b'],
    ['half a letter', '\ud800'],
  ])('whose id is %s is not found', async (_, id) => {
    const events = await run(app, forged(id, looks));
    const { status, error } = finishedIn(events) as { status: string; error: string };
    expect(status).toBe('failed');
    expect(error).not.toMatch(/SQL|bind|ENOENT|\/(tmp|root|work)|contact support/i);
  });

  test('with an address leads into no private network', async () => {
    const connections = callee.connections;
    for (const remote of [
      `http://127.0.0.1:${Number(new URL(parley.url).port)}/health`,
      'http://169.254.169.254/latest/meta-data',
      'http://[::1]/',
      'file:///etc/passwd',
      'data:image/png;base64,aGk=',
    ]) {
      const file = forged(null, { ...looks, transfer_method: 'remote_url', remote_url: remote, url: remote });
      const events = await run(app, file);
      const { status, error } = finishedIn(events) as { status: string; error: string };
      // A model's provider gets the addresses of images as they are.
      if (reader === 'vision') continue;
      expect([remote, status, error]).toEqual([remote, 'failed', expect.any(String)]);
    }
    if (reader !== 'vision') expect(callee.connections).toBe(connections);
  });
});

test.each(Object.keys(WAYS))('an answer shows no address of a file made up by %s', async (way) => {
  const app = `chat-${way}`;
  const { foreign, own } = await uploads(app);
  for (const id of [foreign, otherApp, own]) {
    const file = forged(id, { filename: 'x](javascript:alert(1)) [' });
    said = JSON.stringify(file);
    const response = await answered(sendChat(parley, { inputs: { file } }, app));
    expect(response.answer).toMatch(/^Here: /);
    expect(JSON.stringify(response)).not.toMatch(/sign=|file-preview|timestamp=/);
  }
});

test('a template and the outputs show of it what was written, and no address', async () => {
  const { foreign } = await uploads('template');
  const events = await run('template', forged(foreign));
  expect(finishedIn(events)).toMatchObject({ status: 'succeeded' });
  expect(JSON.stringify(events)).not.toMatch(/sign=|file-preview/);
});
