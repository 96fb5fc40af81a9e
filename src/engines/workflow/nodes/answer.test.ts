import { expect, test } from 'vitest';
import { FILE_IDENTITY, type FileValue } from '../values/file-value.ts';
import { edges, node, play, readOrThrow } from '../workflow.fixture.ts';

const file = (more: Partial<FileValue>): FileValue => ({
  dify_model_identity: FILE_IDENTITY,
  id: null,
  type: 'document',
  transfer_method: 'local_file',
  remote_url: null,
  related_id: null,
  filename: null,
  extension: null,
  mime_type: null,
  size: -1,
  url: null,
  ...more,
});

test('files of an answer: each once, however many variables hold it, in its order', async () => {
  const upload = file({ related_id: 'f1', url: 'https://files/f1?sign=1' });
  const signedAgain = file({ related_id: 'f1', url: 'https://files/f1?sign=2' });
  const other = file({ related_id: 'f2', url: 'https://files/f2' });
  const remote = file({
    transfer_method: 'remote_url',
    remote_url: 'https://a/b.pdf',
    url: 'https://a/b.pdf',
  });
  const nameless = file({});
  const values = {
    last: other,
    all: [upload, remote, other],
    first: signedAgain,
    again: remote,
    none: nameless,
    neither: nameless,
  };
  const answer = '{{#n.last#}}{{#n.all#}}{{#n.first#}}{{#n.again#}}{{#n.none#}}{{#n.neither#}}{{#n.last#}}';
  const graph = readOrThrow(
    [node('start', 'start'), node('answer', 'answer', { answer })],
    edges('start -> answer'),
  );
  const { events } = await play(graph, {
    variables: [['n', Object.entries(values).map(([name, value]) => [name, { value }])]],
  });
  const finished = events.find((event) => event.kind === 'node_finished' && event.nodeId === 'answer');
  expect(finished).toMatchObject({ outputs: { files: [other, upload, remote, nameless, nameless] } });
});
