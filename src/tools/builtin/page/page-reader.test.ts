import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  createPageReader,
  type FetchedPage,
  type PageReaderLimits,
  pageReaderLimits,
} from './page-reader.ts';
import { searchPage } from './search-page.fixture.ts';
import { startPageThread } from './start-page-thread.ts';

const never = new AbortController().signal;
/** Takes Readability ten seconds, and one pass over it some hundredths of a second. */
const SLOW = page(`${'<div>'.repeat(190)}${'<a href=x>link text here</a>'.repeat(32_000)}`);
const QUICK = page('<title>T</title><p>Quick</p>');

function page(html: string, contentType = 'text/html'): FetchedPage {
  return { body: Buffer.from(html), contentType };
}

function reader(limits: Partial<PageReaderLimits> = {}) {
  const pages = createPageReader({ ...pageReaderLimits, ...limits });
  onTestFinished(async () => {
    await pages.close();
    terminated.mockClear();
  });
  return pages;
}

function stoppable() {
  const controller = new AbortController();
  return { signal: controller.signal, stop: () => controller.abort('stop') };
}

const terminated = vi.spyOn(Worker.prototype, 'terminate');

test('a page is read in another thread, by its charset', async () => {
  const gbk = Buffer.concat([
    Buffer.from('<title>'),
    Buffer.from([0xd6, 0xd0, 0xce, 0xc4]),
    Buffer.from('</title>x'),
  ]);
  const body = new Uint8Array(gbk);
  const article = await reader().article({ body, contentType: 'text/html; charset=gbk' }, { signal: never });
  expect(article).toEqual({ title: '中文', author: '', text: 'x' });
  expect(body).toHaveLength(gbk.length);
});

test('a page of results', async () => {
  const one = { title: 'One', href: 'https://one.example/', body: 'About' };
  const { results } = await reader().results(page(searchPage([one])), { signal: never });
  expect(results).toEqual([one]);
});

test('a page that cannot be read says why', async () => {
  const deep = page('<b>'.repeat(1000));
  await expect(reader().article(deep, { signal: never })).rejects.toMatchObject({
    kind: 'failed',
    message: 'The elements of this page lie too deep in one another.',
  });
  await expect(reader().results(deep, { signal: never })).rejects.toMatchObject({
    message: 'This is no page of search results.',
  });
});

test('of a page that takes too long all text is left, and its thread has ended', async () => {
  const { text } = await reader({ timeoutMs: 1_000 }).article(SLOW, { signal: never });
  expect(text).toMatch(/^link text here/);
  expect(terminated).toHaveBeenCalledOnce();
});

test('of one that takes too much memory, too', async () => {
  const { text } = await reader({ heapMb: 16 }).article(page('<p>word</p>'.repeat(33_000)), {
    signal: never,
  });
  expect(text).toMatch(/^word\n\nword/);
  expect(terminated).toHaveBeenCalledOnce();
});

test('a stop ends the thread out of a busy loop, in the same turn', async () => {
  const pages = reader({ maxThreads: 1 });
  await pages.article(QUICK, { signal: never });
  const { signal, stop } = stoppable();
  let ended: unknown;
  const reading = pages.article(SLOW, { signal }).catch((reason: unknown) => {
    ended = reason;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(terminated).not.toHaveBeenCalled();
  stop();
  expect(terminated).toHaveBeenCalledOnce();
  await new Promise((resolve) => setImmediate(resolve));
  expect(ended).toBe('stop');
  await reading;
  await terminated.mock.results[0]?.value;
  // The place is free again.
  expect((await pages.article(QUICK, { signal: never })).text).toBe('Quick');
});

test('who comes when all threads are busy waits; a stop ends the wait', async () => {
  const pages = reader({ maxThreads: 1 });
  const busy = stoppable();
  const waiting = stoppable();
  const order: string[] = [];
  const first = pages.article(SLOW, busy).catch((reason: unknown) => order.push(`first ${reason}`));
  const second = pages.article(QUICK, waiting).catch((reason: unknown) => order.push(`second ${reason}`));
  const third = pages.article(QUICK, { signal: never }).then(({ text }) => order.push(`third ${text}`));
  await new Promise((resolve) => setImmediate(resolve));
  waiting.stop();
  await second;
  busy.stop();
  await Promise.all([first, third]);
  expect(order).toEqual(['second stop', 'first stop', 'third Quick']);
});

test('a call that is stopped before it begins starts nothing', async () => {
  const { signal, stop } = stoppable();
  stop();
  await expect(reader().article(QUICK, { signal })).rejects.toBe('stop');
  expect(terminated).not.toHaveBeenCalled();
});

test('an idle thread is used again, and ends after a while', async () => {
  const pages = reader({ idleMs: 50 });
  await pages.article(QUICK, { signal: never });
  await pages.article(QUICK, { signal: never });
  expect(terminated).not.toHaveBeenCalled();
  await vi.waitFor(() => expect(terminated).toHaveBeenCalledOnce());
  expect((await pages.article(QUICK, { signal: never })).text).toBe('Quick');
});

test('closing ends what reads, what waits and what is idle', async () => {
  const pages = reader({ maxThreads: 2 });
  await pages.article(QUICK, { signal: never });
  const calls = [SLOW, SLOW, QUICK].map((one) => pages.article(one, { signal: never }));
  const settled = Promise.allSettled(calls);
  await new Promise((resolve) => setImmediate(resolve));
  await pages.close();
  for (const one of await settled)
    expect(one).toMatchObject({ status: 'rejected', reason: { message: 'The server is shutting down.' } });
  await expect(pages.article(QUICK, { signal: never })).rejects.toMatchObject({ kind: 'failed' });
  expect(terminated).toHaveBeenCalledTimes(2);
});

test('a thread that has ended takes no page', async () => {
  const thread = startPageThread(pageReaderLimits);
  thread.end(new Error('ended'));
  expect(thread.alive).toBe(false);
  await expect(thread.run({ kind: 'article', ...QUICK }, { signal: never })).rejects.toMatchObject({
    kind: 'failed',
  });
  terminated.mockClear();
});

test('pages that mean ill are read, or refused, in their time', { timeout: 60_000 }, async () => {
  const pages = reader();
  const bombs = [
    '<p>x</p>'.repeat(500_000),
    `<p ${Array.from({ length: 300_000 }, (_, index) => `a${index}`).join(' ')}>x`,
    '<div>'.repeat(1_000_000),
    '<html '.repeat(800_000),
    `<!--${'-'.repeat(5_000_000)}`,
    `<script type="application/ld+json">${'['.repeat(4_000_000)}</script>x`,
    `<title>${' | '.repeat(1_000_000)}</title>x`,
    `<p>${' '.repeat(5_000_000)}</p>x`,
    '&amp;'.repeat(900_000),
    '<table><tr><td>'.repeat(60),
  ];
  for (const bomb of bombs) {
    const outcome = await pages.article(page(bomb), { signal: never }).then(
      ({ text }) => text.length <= 300_100,
      (error: unknown) => (error as { kind?: unknown }).kind === 'failed',
    );
    expect(outcome, bomb.slice(0, 30)).toBe(true);
  }
});
