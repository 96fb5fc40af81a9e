import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createOutbound } from '../../outbound/create-outbound.ts';
import { startCallee } from '../../outbound/start-callee.fixture.ts';
import { invokeTool } from '../invoke-tool.ts';
import { toolContext } from '../tool-context.fixture.ts';
import type { ToolProvider } from '../tool-provider.ts';
import { callTool, providerOf } from './call-tool.fixture.ts';
import { documentOf, entryOf, getOf, largeDocument, weatherDocument } from './documents.fixture.ts';
import type { OpenApiEntry } from './openapi-entry.ts';
import { openApiProvider } from './openapi-provider.ts';

const paths = { '/a': getOf([]) };
const anyone = () => new AbortController();

/** A provider of a document that has an address. */
function provided(url: string, retryMs: number, given: Partial<OpenApiEntry> = {}): ToolProvider {
  const outbound = createOutbound();
  onTestFinished(() => outbound.close());
  return openApiProvider(entryOf('', { document: { kind: 'address', url }, ...given }), {
    outbound,
    retryMs,
  });
}

test('a tool has all that the document says of it', async () => {
  const provider = providerOf(weatherDocument('http://a.example'), { timeoutMs: 5_000 });
  expect(provider).toMatchObject({ type: 'api', name: 'weather' });
  const [tool] = await provider.list(anyone());
  expect(tool).toMatchObject({
    provider: 'weather',
    name: 'currentWeather',
    label: { en_US: 'Current weather' },
    description: 'The weather at a place, as it is now.',
    authored: [],
    timeoutMs: 5_000,
    executedBy: 'server',
  });
});

describe('a document', () => {
  test('that is at hand is read without being asked for', async () => {
    const provider = providerOf(documentOf('http://a.example', paths));
    expect(provider.known()).toBeNull();
    const tools = await provider.list(anyone());
    expect(provider.known()).toBe(tools);
    expect(await provider.list(anyone())).toBe(tools);
  });

  test('is read while the event loop does other things, however large it is', async () => {
    const text = largeDocument();
    const before = performance.eventLoopUtilization();
    const provider = providerOf('', { document: { kind: 'text', text, name: 'doc.yml', address: null } });
    expect(await provider.list(anyone())).toHaveLength(900);
    const { active, idle } = performance.eventLoopUtilization(before);
    expect(active).toBeLessThan((active + idle) / 2);
  });

  test('is a file of YAML or JSON', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'parley-openapi-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const path = join(dir, 'weather.yml');
    writeFileSync(path, weatherDocument('http://a.example'));
    expect(await providerOf('', { document: { kind: 'file', path } }).list(anyone())).toHaveLength(3);
    writeFileSync(path, 'openapi: 3.0.3\npaths: [');
    const wrong = (file: string) => providerOf('', { document: { kind: 'file', path: file } }).list(anyone());
    await expect(wrong(path)).rejects.toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/^weather\.yml:2:\d+: /),
    });
    await expect(wrong(join(dir, 'none.yml'))).rejects.toMatchObject({
      kind: 'failed',
      message: 'none.yml: the document cannot be read (ENOENT)',
    });
    await expect(wrong(dir)).rejects.toHaveProperty(
      'message',
      expect.stringMatching(/: not a regular file$/),
    );
  });

  test('with an address is fetched when its tools are first asked for, once for all who wait', async () => {
    const { url, calls, nextCall } = await startCallee((_, response) =>
      response.end(JSON.stringify(documentOf('/v1', paths))),
    );
    const provider = provided(`${url}/openapi.json?token=1`, 0, { headers: { 'x-key': 'hush' } });
    expect([provider.known(), calls.length]).toEqual([null, 0]);
    const [a, b] = await Promise.all([provider.list(anyone()), provider.list(anyone())]);
    expect(a).toBe(b);
    expect(provider.known()).toBe(a);
    const { path, headers } = await nextCall();
    expect([path, calls.length]).toEqual(['/openapi.json?token=1', 1]);
    // The credentials are for the service, which is not where its document is.
    expect(headers).not.toHaveProperty('x-key');
  });

  test('that failed is tried again, but not at once', async () => {
    let status = 503;
    const { url, calls } = await startCallee((_, response) =>
      response.writeHead(status).end(JSON.stringify(documentOf('/v1', paths))),
    );
    const slow = provided(`${url}/d.json?token=hush`, 60_000);
    const failure = { kind: 'failed', message: `${url}/d.json: the document is answered with 503` };
    await expect(slow.list(anyone())).rejects.toMatchObject(failure);
    await expect(slow.list(anyone())).rejects.toMatchObject(failure);
    expect([calls.length, slow.known()]).toEqual([1, null]);
    const quick = provided(`${url}/d.json`, 0);
    await expect(quick.list(anyone())).rejects.toMatchObject(failure);
    status = 200;
    expect(await quick.list(anyone())).toHaveLength(1);
  });

  test('that is no document names its place', async () => {
    const { url } = await startCallee((_, response) => response.end('openapi: 3.0.3\ninfo: {}\npaths: {}'));
    await expect(provided(`${url}/d.yml`, 0).list(anyone())).rejects.toMatchObject({
      kind: 'failed',
      message: `${url}/d.yml:2:1: #/info: "title" is missing`,
    });
  });

  test('that was had and refused is not asked for again as soon as one that was not there', async () => {
    const { url, calls } = await startCallee((_, response) => response.end('openapi: 3.0.3'));
    const provider = provided(`${url}/d.yml`, 0);
    await expect(provider.list(anyone())).rejects.toThrow('is missing');
    await expect(provider.list(anyone())).rejects.toThrow('is missing');
    expect(calls).toHaveLength(1);
  });

  test('that never ends is cut off', async () => {
    const { url, nextCall } = await startCallee((_, response) => {
      const more = () => response.write(Buffer.alloc(256 * 1024, ' '), () => setImmediate(more));
      more();
    });
    await expect(provided(url, 0).list(anyone())).rejects.toHaveProperty(
      'message',
      expect.stringContaining('more than the 4194304 bytes'),
    );
    await (await nextCall()).gone;
  });
});

describe('a stop', () => {
  test('of one who waits for a document leaves it to the others', async () => {
    const { url, nextCall } = await startCallee((call, response) =>
      call.path === '/d'
        ? waiting.resolve(() => response.end(JSON.stringify(documentOf('/v1', paths))))
        : response.end(),
    );
    const waiting = Promise.withResolvers<() => void>();
    const provider = provided(`${url}/d`, 0);
    const stop = new AbortController();
    const [first, second] = [provider.list(stop), provider.list(anyone())];
    await nextCall();
    stop.abort('enough');
    await expect(first).rejects.toBe('enough');
    (await waiting.promise)();
    expect(await second).toHaveLength(1);
    await expect(provider.list(stop)).rejects.toBe('enough');
  });

  test('of a run closes the connection of its call at once', async () => {
    const callee = await startCallee(() => {});
    const stop = new AbortController();
    const call = callTool(providerOf(documentOf(callee.url, paths)), {}, { signal: stop.signal });
    const { gone } = await callee.nextCall();
    stop.abort('stop');
    await expect(call).rejects.toBe('stop');
    await gone;
  });

  test('in the middle of an answer as well', async () => {
    const callee = await startCallee((_, response) => response.write('half'));
    const stop = new AbortController();
    const call = callTool(providerOf(documentOf(callee.url, paths)), {}, { signal: stop.signal });
    const { gone } = await callee.nextCall();
    stop.abort('stop');
    await expect(call).rejects.toBe('stop');
    await gone;
  });

  test('of the provider ends calls and the reading of its document', async () => {
    const callee = await startCallee(() => {});
    const provider = providerOf(documentOf(callee.url, paths));
    const [tool] = await provider.list(anyone());
    if (tool === undefined) throw new Error('no tool');
    const call = invokeTool(tool, {}, toolContext());
    const { gone } = await callee.nextCall();
    await provider.close();
    await expect(call).rejects.toMatchObject({ kind: 'failed', message: 'the server is shutting down' });
    await gone;
    const reading = provided(`${callee.url}/d`, 0);
    const listing = reading.list(anyone());
    const second = await callee.nextCall();
    await reading.close();
    await expect(listing).rejects.toMatchObject({ message: 'the server is shutting down' });
    await second.gone;
    await expect(reading.list(anyone())).rejects.toMatchObject({ message: 'the server is shutting down' });
  });
});

test('a tool that takes too long is told so, and its connection closed', async () => {
  const callee = await startCallee(() => {});
  const call = callTool(providerOf(documentOf(callee.url, paths), { timeoutMs: 50 }), {});
  await expect(call).rejects.toMatchObject({ name: 'ToolError', kind: 'timeout' });
  await (await callee.nextCall()).gone;
});
