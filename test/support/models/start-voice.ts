import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A voice for tests that speaks OpenAI's protocol: the audio of the n-th request is `<n:text>`. */
export async function startVoice() {
  const texts: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const { input } = JSON.parse(body) as { input: string };
    const number = texts.push(input);
    response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(`<${number}:${input}>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    /** What it was asked to say, in order. */
    texts: texts as readonly string[],
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
