import { chatApp } from '../support/parley/apps.ts';
import { startParley } from '../support/parley/start-parley.ts';

/**
 * A server of its own that answers turns and tells what its heap holds: run with `--expose-gc`, once for each line
 * of `memory.test.ts`. The provider is the parent's, so that nothing of it is counted.
 */
const [provider, turns, characters] = process.argv.slice(2);
const parley = await startParley({ apps: { chat: chatApp() }, provider: String(provider) });
const ask = async (query: string, mode: string) => {
  const response = await parley.request('chat', 'POST', '/chat-messages', {
    inputs: {},
    query,
    user: 'u1',
    auto_generate_name: false,
    response_mode: mode,
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(text);
};
const held = async () => {
  // What waits for the event loop to turn is let go first.
  for (let n = 0; n < 5; n++) {
    await new Promise(setImmediate);
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
// The first turns load and compile what all need.
for (let n = 0; n < 4; n++) await ask('x'.repeat(1000), n % 2 ? 'streaming' : 'blocking');
const before = await held();
for (let n = 0; n < Number(turns); n++)
  await ask('x'.repeat(Number(characters)), n % 2 ? 'streaming' : 'blocking');
const after = await held();
await parley.close();
process.send?.({ before, after });
process.disconnect?.();
