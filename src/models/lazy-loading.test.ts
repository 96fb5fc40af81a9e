import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const createModels = new URL('./create-models.ts', import.meta.url).href;

test('nothing of the AI SDK and no price list is loaded at start', async () => {
  const script = `
    import { registerHooks } from 'node:module';
    const seen = [];
    registerHooks({ resolve(name, context, next) { seen.push(name); return next(name, context); } });
    const { createModels } = await import('${createModels}');
    const provider = { type: 'anthropic', name: 'a', apiKey: 'k', baseUrl: null, models: [], options: {} };
    const models = createModels({ providers: [provider], defaultModel: null }, { warn() {} });
    models.chat({ provider: 'a', name: 'm' });
    console.log(JSON.stringify(seen.filter((name) => name.startsWith('@'))));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  expect(JSON.parse(stdout)).toEqual([]);
});
