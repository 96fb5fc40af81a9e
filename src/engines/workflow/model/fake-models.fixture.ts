import type { ChatDelta, ChatModel, ChatRequest, ChatResult, ModelRef } from '../../../models/chat-model.ts';
import type { Models } from '../../../models/models.ts';
import type { ModelUsage } from '../../../tools/model-usage.ts';
import type { NodeFinished } from '../events.ts';
import type { NodeKind } from '../node-kind.ts';
import { nodeKinds } from '../node-kinds.ts';
import { FILE_IDENTITY, type FileValue } from '../values/file-value.ts';
import type { ValueRecord } from '../values/value.ts';
import { edges, node, type Played, type PlayOptions, play, readOrThrow } from '../workflow.fixture.ts';
import type { WorkflowFiles, WorkflowHistory } from '../workflow-services.ts';

/** What a model does when it is asked: says pieces, then ends, fails, or stays silent until it is stopped. */
export interface Script {
  readonly says?: readonly (string | ChatDelta)[];
  readonly result?: Partial<ChatResult>;
  readonly fails?: Error;
  readonly hangs?: boolean;
}

export interface FakeModels {
  readonly models: Models;
  readonly refs: ModelRef[];
  readonly requests: ChatRequest[];
  readonly used: ModelUsage[];
  /** Resolves when a model has begun to hang, and when its signal has aborted. */
  readonly hanging: Promise<void>;
  readonly aborted: Promise<unknown>;
}

/** Models that follow scripts, one for each call; the last one holds for all further calls. */
export function fakeModels(
  scripts: readonly Script[],
  { contextWindow = 8_000 }: { contextWindow?: number } = {},
): FakeModels {
  const refs: ModelRef[] = [];
  const requests: ChatRequest[] = [];
  const hanging = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<unknown>();
  const chat: ChatModel['chat'] = async (request, onDelta, { signal }) => {
    const script = scripts[Math.min(requests.length, scripts.length - 1)] ?? {};
    requests.push(request);
    for (const piece of script.says ?? []) {
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
      onDelta(typeof piece === 'string' ? { kind: 'text', text: piece } : piece);
    }
    if (script.hangs) {
      hanging.resolve();
      await new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          aborted.resolve(signal.reason);
          reject(signal.reason);
        });
      });
    }
    if (script.fails) throw script.fails;
    return {
      finishReason: 'stop',
      usage: { promptTokens: 10, completionTokens: 5 },
      toolCalls: [],
      ...script.result,
    };
  };
  const models = {
    chat(ref: ModelRef): ChatModel {
      refs.push(ref);
      return { provider: 'fake', name: ref.name, contextWindow, chat };
    },
    price: async (_: ChatModel, { promptTokens, completionTokens }: { [name: string]: number }) => ({
      promptUnitPrice: '1',
      promptPriceUnit: '0.001',
      promptPrice: `0.0${promptTokens}`,
      completionUnitPrice: '2',
      completionPriceUnit: '0.001',
      completionPrice: `0.0${completionTokens}`,
      totalPrice: `0.${promptTokens}${completionTokens}`,
      currency: 'USD' as const,
    }),
  } as unknown as Models;
  return { models, refs, requests, used: [], hanging: hanging.promise, aborted: aborted.promise };
}

/** A conversation of `turns` questions and answers, which notes how it is asked. */
export function fakeHistory(turns: number): WorkflowHistory & { readonly asked: unknown[] } {
  const asked: unknown[] = [];
  return {
    asked,
    within: async (limits) => {
      asked.push(limits);
      const kept = Math.min(turns, limits.turns ?? turns);
      return Array.from({ length: kept }, (_, at) => turns - kept + at + 1).flatMap((turn) => [
        { role: 'user' as const, content: `question ${turn}` },
        { role: 'assistant' as const, content: `answer ${turn}` },
      ]);
    },
  };
}

export const model = { provider: 'openai', name: 'gpt-4o', mode: 'chat', completion_params: {} };

export function file(name: string, type: FileValue['type'] = 'image'): FileValue {
  return {
    ...{
      dify_model_identity: FILE_IDENTITY,
      id: null,
      type,
      transfer_method: 'local_file',
      remote_url: null,
    },
    ...{ related_id: name, filename: name, extension: '.png', mime_type: 'image/png', size: 1, url: null },
  };
}

/** What `fakeFiles` makes of a file. */
export const part = (name: string, detail = 'high') => ({
  ...{ kind: 'image', source: { url: name }, mimeType: 'image/png', filename: name, detail },
});

export const fakeFiles = {
  contentOf: ({ filename }: FileValue, { detail }: { detail: string }) => part(filename ?? '', detail),
} as unknown as WorkflowFiles;

export interface Run extends Played {
  /** How the node has ended, if it has. */
  readonly node: NodeFinished;
}

export interface RunOptions extends PlayOptions {
  readonly values?: ValueRecord;
  /** What stands before and after the node, beside `start -> x`. */
  readonly more?: { readonly nodes: readonly ValueRecord[]; readonly edges: readonly string[] };
}

/** Runs the node `x`, with the variables `values` of a node `n`, `sys`, and a secret `env.KEY`. */
export async function runNode(
  type: string,
  data: object,
  fake: FakeModels,
  { values = {}, more, ...options }: RunOptions = {},
): Promise<Run> {
  const kind = nodeKinds.find(({ types }) => types.includes(type)) as NodeKind;
  const nodes = [node('start', 'start'), node('x', type, { model, ...data }), ...(more?.nodes ?? [])];
  const graph = readOrThrow(
    nodes as Parameters<typeof readOrThrow>[0],
    edges('start -> x', ...(more?.edges ?? [])),
    {
      kinds: [kind],
    },
  );
  const played = await play(graph, {
    variables: [
      ['n', Object.entries(values).map(([name, value]) => [name, { value }])],
      ['env', [['KEY', { value: 'sk-secret-1', type: 'secret' }]]],
    ],
    ...options,
    services: {
      ...{ models: fake.models, files: fakeFiles, onModelUsage: (usage) => fake.used.push(usage) },
      ...options.services,
    },
  });
  const ended = played.events.findLast((event) => event.kind === 'node_finished' && event.nodeId === 'x');
  return { ...played, node: ended as NodeFinished };
}

/** What a model is asked for an LLM node. */
export async function askLlm(data: object, options: RunOptions & { contextWindow?: number } = {}) {
  const { contextWindow, ...rest } = options;
  const fake = fakeModels([{ says: ['ok'] }], contextWindow === undefined ? {} : { contextWindow });
  const run = await runNode('llm', data, fake, rest);
  return { ...run, ...fake, request: fake.requests[0], messages: fake.requests[0]?.messages };
}
