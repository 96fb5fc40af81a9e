import { Worker } from 'node:worker_threads';
import { afterEach, expect, test, vi } from 'vitest';
import { createDocumentReader } from './document-reader.ts';
import { entryOf, largeDocument, weatherDocument } from './documents.fixture.ts';

const never = new AbortController().signal;
const limits = { timeoutMs: 60_000, heapMb: 512, idleMs: 1_000 };
const textOf = (text: string, name = 'doc.yml') => ({ text, name, address: null });

const SMALL = weatherDocument('http://a.example/');
const LARGE = largeDocument();

const terminated = vi.spyOn(Worker.prototype, 'terminate');
const posted = vi.spyOn(Worker.prototype, 'postMessage');
afterEach(() => {
  terminated.mockClear();
  posted.mockClear();
});

test('an operation is as it is in the document; values of credentials stay out of the thread', async () => {
  const entry = entryOf('', { query: { appid: 'hush-1' }, secrets: { OTHER__KEY: 'hush-2' } });
  const text = { ...textOf(SMALL), address: 'http://b.example/doc.yml' };
  const [operation] = await createDocumentReader(limits).read(text, entry, never);
  expect(operation).toMatchObject({ name: 'currentWeather', method: 'GET' });
  expect(operation?.server).toBeInstanceOf(URL);
  expect(operation?.server.href).toMatch(/^http:\/\/a\.example\//);
  expect(operation?.schema.properties).not.toHaveProperty('appid');
  expect(JSON.stringify(posted.mock.calls)).not.toContain('hush');
});

test('what is wrong with a document is told as it is', async () => {
  const reader = createDocumentReader(limits);
  const wrong = reader.read(textOf('openapi: 3.0.3\ninfo: {}\npaths: {}'), entryOf(''), never);
  await expect(wrong).rejects.toMatchObject({
    name: 'ToolError',
    kind: 'failed',
    message: 'doc.yml:2:1: #/info: "title" is missing',
  });
  expect(await reader.read(textOf(SMALL), entryOf(''), never)).toHaveLength(3);
});

test('documents come one after the other, through one thread that ends when nobody needs it', async () => {
  const reader = createDocumentReader({ ...limits, idleMs: 0 });
  const ended = Promise.withResolvers<void>();
  terminated.mockImplementationOnce(function (this: Worker) {
    ended.resolve();
    return this.terminate();
  });
  const all = await Promise.all([1, 2, 3].map(() => reader.read(textOf(SMALL), entryOf(''), never)));
  expect(all.map((operations) => operations.length)).toEqual([3, 3, 3]);
  await ended.promise;
  expect(new Set(posted.mock.contexts).size).toBe(1);
  expect(await reader.read(textOf(SMALL), entryOf(''), never)).toHaveLength(3);
});

test.each([
  [{ timeoutMs: 50 }, 1, 'large.yml: reading the document took longer than 0.05 seconds'],
  [{ heapMb: 24 }, 8, 'large.yml: reading the document takes more memory than it may'],
])(
  'the limits %j end a thread, and the next document gets another',
  { timeout: 60_000 },
  async (few, times, message) => {
    const reader = createDocumentReader({ ...limits, ...few });
    const text = LARGE.repeat(times);
    const failure = reader.read(textOf(text, 'large.yml'), entryOf(''), never);
    await expect(failure).rejects.toMatchObject({ name: 'ToolError', kind: 'failed', message });
    await expect(reader.read(textOf('a: b'), entryOf(''), never)).rejects.toMatchObject({
      message: 'doc.yml:1:1: "openapi" is missing: this is no OpenAPI document',
    });
  },
);

test('a stop ends the thread at once, and a wait for it', async () => {
  const reader = createDocumentReader(limits);
  const [stop, other] = [new AbortController(), new AbortController()];
  const reading = reader.read(textOf(LARGE), entryOf(''), stop.signal);
  const waiting = reader.read(textOf(LARGE), entryOf(''), other.signal);
  const after = reader.read(textOf(SMALL), entryOf(''), never);
  other.abort('other');
  await expect(waiting).rejects.toBe('other');
  await vi.waitUntil(() => posted.mock.calls.length > 0, { interval: 1 });
  expect(terminated).not.toHaveBeenCalled();
  stop.abort('enough');
  await expect(reading).rejects.toBe('enough');
  expect(terminated).toHaveBeenCalledOnce();
  expect(await after).toHaveLength(3);
});
