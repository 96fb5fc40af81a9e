import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a test's extension was asked. */
export interface ExtensionCall {
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly point: string; readonly params: Record<string, unknown> };
}

/** A Dify API extension for tests: answers each call with what `answer` makes of it. */
export async function startExtension(answer: (call: ExtensionCall) => unknown) {
  const calls: ExtensionCall[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const call = { headers: request.headers, body: JSON.parse(text) };
    calls.push(call);
    const body = await answer(call);
    if (body === undefined) return void response.writeHead(500).end();
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/check`,
    calls,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
