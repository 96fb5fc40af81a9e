import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';

const url = new URL('impoverish.ts', import.meta.url).href;

test('what leads to the world is gone from a thread, and the language is left', async () => {
  const source = `
    const { parentPort } = require('node:worker_threads');
    globalThis.require = require;
    import(${JSON.stringify(url)}).then(({ impoverish }) => {
      impoverish(globalThis);
      const left = Object.getOwnPropertyNames(globalThis).filter((name) => globalThis[name] !== undefined);
      const typeOf = (code) => { try { return (0, eval)('typeof ' + code) } catch (error) { return error.name } };
      parentPort.postMessage({ left, eval: ['process', 'require', 'fetch', 'setTimeout', 'Worker', 'WebSocket'].map(typeOf) });
    });`;
  // What the server does to give back memory after its start; every thread has a `gc` from then on.
  setFlagsFromString('--expose-gc');
  const worker = new Worker(source, { eval: true, env: {}, execArgv: [] });
  const [{ left, eval: types }] = await once(worker, 'message');
  await worker.terminate();
  expect(types).toEqual(Array(6).fill('undefined'));
  const world =
    /^(process|global|require|module|fetch|.*Socket|EventSource|XMLHttpRequest|Worker|.*Port|.*Channel|gc)$/;
  expect(left.filter((name: string) => world.test(name))).toEqual([]);
  expect(left).toEqual(
    expect.arrayContaining(['Object', 'Promise', 'WebAssembly', 'TextDecoder', 'console']),
  );
  expect(left.length).toBeLessThan(80);
});
