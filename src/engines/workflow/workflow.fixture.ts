import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Models } from '../../models/models.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { Tools } from '../../tools/tools.ts';
import type { RunOutcome, TextChunk, WorkflowEvent } from './events.ts';
import type { Graph } from './graph/graph.ts';
import { type ReadGraphOptions, readGraph } from './graph/read-graph.ts';
import { defineNode, type NodeKind } from './node-kind.ts';
import { nodeKinds } from './node-kinds.ts';
import type { PoolState } from './pool/variable-pool.ts';
import type { RunState } from './scheduler/run-state.ts';
import { type StartRunOptions, startRun, type WorkflowRun } from './start-run.ts';
import { systemClock } from './system-clock.ts';
import type { Value, ValueRecord } from './values/value.ts';
import type { WorkflowServices } from './workflow-services.ts';

type Data = Readonly<Record<string, unknown>>;

/** A node as a DSL file has it. */
export function node(id: string, type: string, data: Data = {}, parentId?: string): Data {
  return {
    id,
    type: 'custom',
    data: { type, title: id.toUpperCase(), ...data },
    ...(parentId && { parentId }),
  };
}

/** `a -> b`, `a:handle -> b`, chained: `a -> b -> c`. */
export function edges(...chains: readonly string[]): Data[] {
  return chains.flatMap((chain) => {
    const stops = chain.split('->').map((stop) => stop.trim());
    return stops.slice(1).map((stop, at) => {
      const [source, sourceHandle = 'source'] = (stops[at] as string).split(':');
      return { source, sourceHandle, target: stop.split(':')[0] };
    });
  });
}

/** Python written in JavaScript: kinds for tests whose behaviour each test gives. */
export function fakeKind(
  type: string,
  run: (data: Data, context: Parameters<NodeKind['run']>[1]) => ReturnType<NodeKind['run']>,
  more: Partial<NodeKind> = {},
): NodeKind {
  return defineNode({
    role: 'plain',
    retries: true,
    ...more,
    types: [type],
    config: z.looseObject({}) as NodeKind<Data>['config'],
    run,
  } as NodeKind<Data>);
}

/** Streams `data.chunks` as `text`, as a model does; fails with `data.fails` after them. */
export const llm = fakeKind('llm', async ({ chunks, fails, delay = 0 }, { emit, signal }) => {
  const pieces = chunks as string[];
  for (const piece of pieces) {
    if (Number(delay) > 0) await sleep(Number(delay), undefined, { signal });
    else await new Promise((resolve) => setImmediate(resolve));
    emit('text', piece);
  }
  if (fails) throw new Error(String(fails));
  emit('text', '', { final: true });
  const text = pieces.join('');
  return { outputs: { text }, usage: { tokens: pieces.length, price: '0.001', currency: 'USD' } };
});

/** Gives back `data.gives`, at once. */
export const give = fakeKind('give', ({ gives, fails }) => {
  if (fails) throw new Error(String(fails));
  return { outputs: gives as ValueRecord };
});

export function readOrThrow(
  nodes: readonly Data[],
  lines: readonly Data[],
  options: ReadOptions = {},
): Graph {
  const kinds = [...(options.kinds ?? []), llm, give, ...nodeKinds].toReversed();
  const read = readGraph({ nodes, edges: lines }, kinds, options);
  if (read.kind === 'graph') return read.graph;
  throw new Error(read.problems.map(({ nodeId, message }) => `${nodeId}: ${message}`).join('\n'));
}

interface ReadOptions extends ReadGraphOptions {
  readonly kinds?: readonly NodeKind[];
}

export interface Played {
  readonly outcome: RunOutcome;
  readonly events: readonly WorkflowEvent[];
  /** What the client was told, piece by piece. */
  readonly chunks: readonly string[];
  /** Events in short: `start node`, `finish node`, `"text"`. */
  readonly story: readonly string[];
}

export interface PlayOptions extends Partial<Omit<StartRunOptions, 'emit' | 'variables' | 'services'>> {
  readonly inputs?: ValueRecord;
  readonly system?: ValueRecord;
  readonly conversation?: ValueRecord;
  readonly variables?: PoolState;
  readonly services?: Partial<WorkflowServices>;
  readonly onEvent?: (event: WorkflowEvent, run: WorkflowRun) => void;
}

/** Runs a graph whose start node is `start`. */
export async function play(graph: Graph, options: PlayOptions = {}): Promise<Played> {
  const { inputs = {}, system = {}, conversation = {}, variables = [], onEvent, ...rest } = options;
  const events: WorkflowEvent[] = [];
  const run: WorkflowRun = startRun(graph, {
    signal: new AbortController().signal,
    ...rest,
    services: { ...fakeServices(), ...options.services },
    variables: [
      ['start', entries(inputs)],
      ['sys', entries(system)],
      ['conversation', entries(conversation)],
      ...variables,
    ],
    emit(event) {
      events.push(event);
      onEvent?.(event, run);
    },
  });
  const outcome = await run.done;
  return {
    outcome,
    events,
    chunks: events.flatMap((event) => (event.kind === 'text_chunk' ? [event.text] : [])),
    story: events.flatMap(storyOf),
  };
}

function entries(values: ValueRecord): (readonly [string, { readonly value: Value }])[] {
  return Object.entries(values).map(([name, value]) => [name, { value }]);
}

function storyOf(event: WorkflowEvent): string[] {
  switch (event.kind) {
    case 'node_started':
      return [`start ${event.nodeId}`];
    case 'node_finished':
      return [`${event.status === 'succeeded' ? 'finish' : event.status} ${event.nodeId}`];
    case 'node_retried':
      return [`retry ${event.nodeId} ${event.retry}`];
    case 'node_reported':
      return [
        `${event.report.kind} ${event.nodeId}${event.report.kind === 'round' ? ` ${event.report.index}` : ''}`,
      ];
    case 'text_chunk':
      return [JSON.stringify((event as TextChunk).text)];
    default:
      return [];
  }
}

export function fakeServices(): WorkflowServices {
  let ids = 0;
  const missing = (what: string) => (): never => {
    throw new Error(`This test has no ${what}.`);
  };
  const absent = (what: string) => () => Promise.reject(new Error(`This test has no ${what}.`));
  return {
    sandbox: { run: absent('sandbox'), close: async () => {} } as Sandbox,
    tenant: 'app',
    outbound: { request: absent('network') } as unknown as Outbound,
    allow: [],
    files: { read: absent('files'), save: absent('files'), contentOf: missing('files') },
    models: { chat: missing('models') } as unknown as Models,
    onModelUsage() {},
    history: null,
    tools: { find: absent('tools') } as unknown as Tools,
    toolsAreOptional: false,
    toolContext: missing('tools'),
    knowledge: { retrieve: absent('knowledge') },
    onError() {},
    clock: systemClock,
    newId() {
      ids += 1;
      return `id-${ids}`;
    },
  };
}

/** Through JSON, as a database keeps it. */
export function written(state: RunState): RunState {
  return JSON.parse(JSON.stringify(state)) as RunState;
}
