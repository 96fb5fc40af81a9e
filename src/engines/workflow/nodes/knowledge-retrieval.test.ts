import { expect, test } from 'vitest';
import { NodeError } from '../node-error.ts';
import { FILE_IDENTITY } from '../values/file-value.ts';
import type { Value, ValueRecord } from '../values/value.ts';
import { edges, node, play, readOrThrow } from '../workflow.fixture.ts';
import type { KnowledgeQuery, WorkflowKnowledge } from '../workflow-services.ts';
import { knowledgeRetrieval } from './knowledge-retrieval.ts';

const file = { dify_model_identity: FILE_IDENTITY, type: 'image', filename: 'a.png' };
const passage: ValueRecord = { metadata: { _source: 'knowledge', position: 1 }, title: 't', content: 'c' };

/** Runs the node with `data`; the variables `n.*` are `values`. */
async function retrieve(
  data: object,
  values: Readonly<Record<string, Value>> = {},
  answer: WorkflowKnowledge['retrieve'] = async () => [passage],
) {
  const asked: KnowledgeQuery[] = [];
  const graph = readOrThrow(
    [node('start', 'start'), node('x', 'knowledge-retrieval', data as ValueRecord)],
    edges('start -> x'),
  );
  const knowledge: WorkflowKnowledge = {
    retrieve(query, options) {
      asked.push(query);
      return answer(query, options);
    },
  };
  const variables = Object.entries(values).map(([name, value]) => [name, { value }] as const);
  const { events } = await play(graph, { variables: [['n', variables]], services: { knowledge } });
  const finished = events.find((event) => event.kind === 'node_finished' && event.nodeId === 'x');
  if (finished?.kind !== 'node_finished') throw new Error('The node has not finished.');
  return { ...finished, asked };
}

const query = { query_variable_selector: ['n', 'q'], dataset_ids: ['d1', 'd2'] };

test('passages for a question, with the settings as they stand in the file', async () => {
  const settings = {
    multiple_retrieval_config: { top_k: 4, score_threshold: null, reranking_enable: true, extra: [1] },
    metadata_filtering_mode: 'disabled',
  };
  const finished = await retrieve({ ...query, retrieval_mode: 'multiple', ...settings }, { q: 'why?' });
  expect(finished).toMatchObject({
    status: 'succeeded',
    inputs: { query: 'why?' },
    outputs: { result: [passage] },
  });
  expect(finished.asked).toEqual([
    { datasetIds: ['d1', 'd2'], query: 'why?', attachments: [], mode: 'multiple', settings },
  ]);
});

test('one dataset that a model chooses', async () => {
  const single_retrieval_config = {
    model: { provider: 'p', name: 'm', mode: 'chat', completion_params: { t: 0 } },
  };
  const { asked } = await retrieve(
    { ...query, retrieval_mode: 'single', single_retrieval_config, multiple_retrieval_config: null },
    { q: 'x' },
  );
  expect(asked).toMatchObject([
    { mode: 'single', settings: { single_retrieval_config, multiple_retrieval_config: null } },
  ]);
});

test('files go with the question, or alone', async () => {
  const data = { ...query, query_attachment_selector: ['n', 'f'] };
  const both = await retrieve(data, { q: 'x', f: [file] });
  expect(both.inputs).toEqual({ query: 'x', attachments: [file] });
  expect(both.asked).toMatchObject([{ query: 'x', attachments: [file] }]);
  const alone = await retrieve({ ...data, query_variable_selector: [] }, { f: file });
  expect(alone.inputs).toEqual({ attachments: [file] });
  expect(alone.asked).toMatchObject([{ query: '', attachments: [file] }]);
});

test('a node that is told neither looks for nothing', async () => {
  const { status, outputs, inputs, asked } = await retrieve({
    dataset_ids: ['d'],
    query_variable_selector: null,
  });
  expect({ status, outputs, inputs, asked }).toEqual({
    status: 'succeeded',
    outputs: {},
    inputs: {},
    asked: [],
  });
});

test.each([
  ['a question that is not there', query, {}, 'Query variable is not string type.'],
  ['a question that is a number', query, { q: 1 }, 'Query variable is not string type.'],
  ['one that is null', query, { q: null }, 'Query variable is not string type.'],
  [
    'attachments that are no files',
    { ...query, query_attachment_selector: ['n', 'f'] },
    { q: 'x', f: ['y'] },
    'Attachments variable is not array file or file type.',
  ],
])('%s fails the node', async (_, data, values, error) => {
  const finished = await retrieve(data, values as Record<string, Value>);
  expect(finished).toMatchObject({ status: 'failed', error });
  expect(finished.asked).toEqual([]);
});

test('nothing found, and nothing to look in, is an empty list of objects', async () => {
  const none = await retrieve(query, { q: 'x' }, async () => []);
  expect(none.outputs).toEqual({ result: [] });
  const nowhere = await retrieve({ ...query, dataset_ids: [] }, { q: 'x' });
  expect([nowhere.outputs, nowhere.asked]).toEqual([{ result: [] }, []]);
});

test.each([
  [new Error("Dataset 'd1' not found"), 'KnowledgeRetrievalNodeError'],
  [new NodeError('DatasetNotFoundError', "Dataset 'd1' not found"), 'DatasetNotFoundError'],
])('what goes wrong with a dataset fails the node, with its question: %s', async (problem, type) => {
  const finished = await retrieve(query, { q: 'x' }, () => Promise.reject(problem));
  expect(finished).toMatchObject({
    status: 'failed',
    error: "Dataset 'd1' not found",
    errorType: type,
    inputs: { query: 'x' },
  });
});

test('what filters compare with is filled in', async () => {
  const condition = (value: unknown) => ({ id: 'i', name: 'f', comparison_operator: 'is', value });
  const values = ['{{#n.year#}}', 'a {{#n.name#}}', 5, null, 'plain'];
  const { asked } = await retrieve(
    {
      ...query,
      metadata_filtering_mode: 'manual',
      metadata_filtering_conditions: { logical_operator: 'and', conditions: values.map(condition) },
    },
    { q: 'x', year: 2024, name: 'b\n c' },
  );
  expect(asked[0]?.settings).toMatchObject({
    metadata_filtering_mode: 'manual',
    metadata_filtering_conditions: {
      logical_operator: 'and',
      conditions: [2024, 'a b  c', 5, null, 'plain'].map(condition),
    },
  });
});

test('what it needs of the server, and which variables it reads', () => {
  const read = (data: object) => knowledgeRetrieval.config.parse({ type: 'knowledge-retrieval', ...data });
  const model = { provider: 'p', name: 'm', mode: 'chat' };
  const single = read({
    ...query,
    retrieval_mode: 'single',
    single_retrieval_config: { model },
    metadata_filtering_mode: 'automatic',
    metadata_model_config: { ...model, name: 'f' },
    metadata_filtering_conditions: { conditions: [{ value: '{{#a.b#}}' }, { value: 3 }] },
  });
  expect(knowledgeRetrieval.needs?.(single)).toEqual([
    { kind: 'dataset', id: 'd1' },
    { kind: 'dataset', id: 'd2' },
    { kind: 'model', ...model },
    { kind: 'model', ...model, name: 'f' },
  ]);
  expect(knowledgeRetrieval.references?.(single)).toEqual([
    ['n', 'q'],
    ['a', 'b'],
  ]);
  const multiple = read({ ...query, single_retrieval_config: { model: { provider: '', name: '' } } });
  expect(knowledgeRetrieval.needs?.(multiple)).toHaveLength(2);
});
