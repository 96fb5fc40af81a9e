import { expect, test } from 'vitest';
import { app, options } from '../../test/support/apps/read-app.fixture.ts';
import { startNode, workflowDsl } from '../../test/support/apps/workflow.fixture.ts';
import { curlLine } from './curl-line.ts';
import { readApp } from './dsl/read-app.ts';

const readWorkflow = () => ({ problems: [], needs: [] });
const flow = (mode: string) =>
  readApp(
    workflowDsl(
      [
        startNode(
          "{ variable: topic, label: It's, type: text-input, required: true }",
          '{ variable: paper, type: file, required: true, allowed_file_types: [document] }',
          '{ variable: more, type: file-list, required: true, allowed_file_upload_methods: [remote_url] }',
          '{ variable: rest, type: json_object }',
        ),
      ],
      [],
      mode,
    ),
    { ...options, readWorkflow },
  );

const PAPER = { type: 'document', transfer_method: 'local_file', upload_file_id: 'ID-OF-AN-UPLOADED-FILE' };
const MORE = [{ type: 'document', transfer_method: 'remote_url', url: 'https://example.com/file' }];

test.each([
  [app(''), 'chat-messages', { inputs: {}, query: 'Hello!' }],
  [app('', 'completion'), 'completion-messages', { inputs: {} }],
  [flow('workflow'), 'workflows/run', { inputs: { topic: "It's", paper: PAPER, more: MORE } }],
  [
    flow('advanced-chat'),
    'chat-messages',
    { inputs: { topic: "It's", paper: PAPER, more: MORE }, query: 'Hello!' },
  ],
])('$mode', (one, path, body) => {
  const line = curlLine('http://h:1', one, 'app-k');
  const [, start, json = ''] = /^(.*) -d '(.*)'$/.exec(line) ?? [];
  expect(start).toBe(
    `curl -N http://h:1/v1/${path} -H 'Authorization: Bearer app-k' -H 'Content-Type: application/json'`,
  );
  const text = json.replaceAll("'\\''", "'");
  expect(JSON.parse(text)).toEqual({ ...body, response_mode: 'streaming', user: 'me' });
});
