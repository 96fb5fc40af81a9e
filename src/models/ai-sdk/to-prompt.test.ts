import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askChatModel } from '../../../test/support/models/ask-chat-model.ts';
import {
  type ScriptedProvider,
  startScriptedProvider,
} from '../../../test/support/models/create-ai-sdk-chat-model.fixture.ts';
import type { ProviderConfig } from '../../config/config.ts';

/** No address of an end user is ever fetched by this process: the only calls are those to the provider. */
describe('files named by a URL', () => {
  let provider: ScriptedProvider;
  beforeEach(async () => {
    provider = await startScriptedProvider();
    provider.answer = (response) =>
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"message":"no"}}');
  });
  afterEach(() => provider.close());

  const kinds = {
    pdf: ['document', 'application/pdf'],
    txt: ['document', 'text/plain'],
    mp3: ['audio', 'audio/mpeg'],
  };
  const images = { png: ['image', 'image/png'] };

  async function ask(type: ProviderConfig['type'], url: string, name = 'm1') {
    const extension = url.slice(url.lastIndexOf('.') + 1);
    const [kind, mimeType] = { ...kinds, ...images }[extension] as ['document', string];
    const part = { kind, mimeType, filename: `f.${extension}`, source: { url } };
    const { error } = await askChatModel(provider.model(type, {}, name), {
      messages: [{ role: 'user', content: [part] }],
      params: {},
    });
    return { message: (error as Error).message, body: JSON.stringify(provider.calls[0]?.body ?? null) };
  }

  test.each([
    [
      'anthropic',
      'https://x.example/a.pdf',
      'claude-x',
      '"source":{"type":"url","url":"https://x.example/a.pdf"}',
    ],
    [
      'anthropic',
      'https://x.example/a.png',
      'claude-x',
      '"source":{"type":"url","url":"https://x.example/a.png"}',
    ],
    ['google', 'https://x.example/a.pdf', 'gemini-2.5-flash', '"fileUri":"https://x.example/a.pdf"'],
    ['azure', 'https://x.example/a.png', 'gpt-4o', '"image_url":{"url":"https://x.example/a.png"}'],
  ] as const)('%s fetches %s itself', async (type, url, name, expected) => {
    const { message, body } = await ask(type, url, name);
    expect(message).toBe('no');
    expect(body).toContain(expected);
    expect(provider.calls).toHaveLength(1);
  });

  test.each([
    ['anthropic', 'https://x.example/a.txt', 'claude-x', 'documents'],
    ['anthropic', 'https://x.example/a.mp3', 'claude-x', 'audio'],
    ['google', 'http://10.0.0.1/a.pdf', 'gemini-2.5-flash', 'documents'],
    ['google', 'https://x.example/a.pdf', 'gemini-2.0-flash', 'documents'],
    ['azure', 'https://x.example/a.pdf', 'gpt-4o', 'documents'],
    ['bedrock', 'https://x.example/a.pdf', 'claude-x', 'documents'],
    ['bedrock', 'https://x.example/a.png', 'claude-x', 'images'],
  ] as const)('%s: %s is refused for %s', async (type, url, name, noun) => {
    const { message } = await ask(type, url, name);
    const extension = url.slice(url.lastIndexOf('.'));
    expect(message).toBe(
      `f${extension}: this model takes ${noun} by content; upload the file instead of naming its URL`,
    );
    expect(provider.calls).toHaveLength(0);
  });
});
