import { expect } from 'vitest';
import type { ProviderConfig } from '../../../src/config/config.ts';
import { ParleyError } from '../../../src/errors.ts';
import type { ChatModel, ChatRequest, ModelRef } from '../../../src/models/chat-model.ts';
import { createModels } from '../../../src/models/create-models.ts';
import type { Models } from '../../../src/models/models.ts';
import { createAgent } from '../../../src/models/openai/create-agent.ts';
import { createEndpoint } from '../../../src/models/openai/create-endpoint.ts';
import { createOpenAIChatModel } from '../../../src/models/openai/create-openai-chat-model.ts';
import type { UpstreamEndpoint } from '../../../src/models/openai/upstream-endpoint.ts';
import { type MockProvider, startMockProvider } from '../mock-provider/start-mock-provider.ts';
import { askChatModel, type ChatOutcome } from './ask-chat-model.ts';

/** A mock provider and the model `m1` that asks it. */
export interface OpenaiChat {
  readonly provider: MockProvider;
  model(mode?: ModelRef['mode']): ChatModel;
  /** The same model with other limits for a response that does not end. */
  impatient(limits?: Partial<Pick<UpstreamEndpoint, 'finishMs' | 'drainMs'>>): ChatModel;
  ask(request?: ChatRequest, signal?: AbortSignal): Promise<ChatOutcome>;
  /** From now on the model has these options of its provider, and asks at `baseUrl`. */
  configure(options: Record<string, unknown>, baseUrl?: string): Promise<void>;
  close(): Promise<void>;
}

export const hello: ChatRequest = { messages: [{ role: 'user', content: 'Hi' }], params: {} };

export async function startOpenaiChat(): Promise<OpenaiChat> {
  const provider = await startMockProvider();
  let models = modelsFor({}, provider.baseUrl);
  const agent = createAgent();
  const model = (mode?: ModelRef['mode']) =>
    models.chat({ provider: 'mine', name: 'm1', ...(mode ? { mode } : {}) });
  return {
    provider,
    model,
    impatient(limits = {}) {
      const endpoint = createEndpoint(agent, configFor({}, provider.baseUrl), provider.baseUrl);
      const facts = { provider: 'mine', name: 'm1', contextWindow: 8192 };
      return createOpenAIChatModel({ ...endpoint, ...limits }, facts, { isOpenAI: false });
    },
    ask: (request = hello, signal) => askChatModel(model(), request, signal),
    async configure(options, baseUrl = provider.baseUrl) {
      await models.close();
      models = modelsFor(options, baseUrl);
    },
    async close() {
      await models.close();
      await agent.destroy();
      await provider.close();
    },
  };
}

function modelsFor(options: Record<string, unknown>, baseUrl: string): Models {
  return createModels({ providers: [configFor(options, baseUrl)], defaultModel: null }, { warn() {} });
}

function configFor(options: Record<string, unknown>, baseUrl: string): ProviderConfig {
  return {
    name: 'mine',
    type: 'openai-compatible',
    apiKey: 'sk-secret-key-123',
    baseUrl,
    models: [],
    options,
  };
}

/** What a client is told of `error`, which must be one for clients. */
export function failure(error: unknown): { code: string; status: number; message: string } {
  expect(error).toBeInstanceOf(ParleyError);
  const { code, status, message } = error as ParleyError;
  return { code, status, message };
}
