import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ProviderConfig } from '../../../src/config/config.ts';
import type { ChatModel, ChatRequest } from '../../../src/models/chat-model.ts';
import { createModels } from '../../../src/models/create-models.ts';
import { askChatModel, type ChatOutcome } from './ask-chat-model.ts';

export interface Call {
  readonly body: Record<string, unknown>;
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly closed: Promise<unknown>;
}

/** A small server whose answer each test writes in the protocol of its provider, and the model (`m1`) that asks it. */
export interface ScriptedProvider {
  /** Every call so far. */
  readonly calls: readonly Call[];
  /** How calls are answered from now on; the first one is call 1. */
  answer: (response: ServerResponse, call: number) => void;
  model(type: ProviderConfig['type'], options?: Record<string, unknown>, name?: string): ChatModel;
  ask(
    type: ProviderConfig['type'],
    request?: ChatRequest,
    signal?: AbortSignal,
    options?: Record<string, unknown>,
  ): Promise<ChatOutcome>;
  close(): Promise<void>;
}

export const hello: ChatRequest = {
  messages: [
    { role: 'system', content: 'Be kind' },
    { role: 'user', content: 'Hi' },
  ],
  params: { temperature: 0.3, max_tokens: 50, top_p: null },
  stop: ['END'],
};

export async function startScriptedProvider(): Promise<ScriptedProvider> {
  const calls: Call[] = [];
  const server = createServer(async (message, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
    calls.push({ body, message, response, closed: once(response, 'close') });
    scripted.answer(response, calls.length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const scripted: ScriptedProvider = {
    calls,
    answer() {
      throw new Error('The test has set no answer.');
    },
    model(type, options = {}, name = 'm1') {
      const provider = { name: 'p', type, apiKey: 'secret-key-1', baseUrl, models: [], options };
      const models = createModels({ providers: [provider], defaultModel: null }, { warn() {} });
      return models.chat({ provider: 'p', name });
    },
    ask: (type, request = hello, signal, options) =>
      askChatModel(scripted.model(type, options), request, signal),
    async close() {
      server.closeAllConnections();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
  return scripted;
}

/** Writes events as the provider streams them, each under its type if it has one. */
export function events(response: ServerResponse, ...list: { type?: string; [key: string]: unknown }[]): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of list) {
    response.write(`${event.type ? `event: ${event.type}\n` : ''}data: ${JSON.stringify(event)}\n\n`);
  }
}
