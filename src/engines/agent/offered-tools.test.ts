import { expect, test } from 'vitest';
import type { App, ToolRef } from '../../apps/app.ts';
import { createTools } from '../../tools/create-tools.ts';
import { knownProvider } from '../../tools/known-provider.ts';
import type { Tool } from '../../tools/tool.ts';
import { ToolError } from '../../tools/tool-error.ts';
import type { ToolProvider } from '../../tools/tool-provider.ts';
import { checkTools, offeredTools } from './offered-tools.ts';

const { signal } = new AbortController();
const tool = (provider: string, name: string, more: Partial<Tool> = {}): Tool => ({
  ...{ provider, name, label: {}, description: `Does ${name}`, authored: [], icon: '', timeoutMs: null },
  ...{ parameters: { type: 'object', properties: {} }, executedBy: 'server', invoke: async () => [] },
  ...more,
});
const toolsOf = (...providers: readonly ToolProvider[]) =>
  createTools([{ providers: () => providers, close: async () => {} }]);
const ref = (provider: string, name: string, values: object = {}): ToolRef => ({
  ...{
    providerType: 'builtin',
    providerId: provider,
    providerName: provider,
    tool: name,
    label: '',
    line: 1,
  },
  values: { ...values },
});
const app = (tools: readonly ToolRef[], missingTools: 'refuse' | 'ignore' = 'refuse') =>
  ({ config: { agent: { tools } }, settings: { missingTools } }) as unknown as App;

/** A provider that has not been asked yet, and answers then. */
const unasked = (name: string, list: ToolProvider['list']): ToolProvider => {
  return { type: 'mcp', name, known: () => null, list, close: async () => {} };
};

test('what the author sets is neither shown to the model nor demanded of it; what is set goes with the tool', async () => {
  const parameters = {
    type: 'object',
    properties: { q: { type: 'string' }, zone: { type: 'string' }, form: { type: 'string' }, empty: {} },
    required: ['q', 'zone'],
    additionalProperties: false,
  };
  const clock = tool('time', 'now', { parameters, authored: ['zone', 'form', 'empty'] });
  const refs = [ref('time', 'now', { zone: 'UTC', form: null, empty: '', q: 'not the author’s' })];
  const offered = await offeredTools(toolsOf(knownProvider('builtin', 'time', [clock])), app(refs), {
    callerExecutes: false,
    signal,
  });
  expect(offered.get('now')).toEqual({
    tool: clock,
    values: { zone: 'UTC' },
    spec: {
      name: 'now',
      description: 'Does now',
      parameters: {
        ...{ type: 'object', additionalProperties: false, required: ['q'] },
        properties: { q: { type: 'string' } },
      },
    },
  });
});

test('values that are false or zero are set', async () => {
  const sized = tool('a', 'x', { authored: ['n', 'flag'] });
  const refs = [ref('a', 'x', { n: 0, flag: false })];
  const offered = await offeredTools(toolsOf(knownProvider('builtin', 'a', [sized])), app(refs), {
    callerExecutes: false,
    signal,
  });
  expect(offered.get('x')?.values).toEqual({ n: 0, flag: false });
});

test('names are what every model takes, and unlike one another', async () => {
  const names = ['weather', 'wetter vorhersage!', '天气', 'x'.repeat(100), `${'x'.repeat(100)}y`];
  const providers = ['a', 'b'].map((name) =>
    knownProvider(
      'builtin',
      name,
      names.map((one) => tool(name, one)),
    ),
  );
  const refs = ['a', 'b'].flatMap((name) => names.map((one) => ref(name, one)));
  const offered = await offeredTools(toolsOf(...providers), app([...refs, ref('a', 'weather')]), {
    callerExecutes: false,
    signal,
  });
  expect(offered.size).toBe(11);
  for (const [name, { spec }] of offered) {
    expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    expect(spec.name).toBe(name);
  }
  expect([...offered.keys()][0]).toBe('weather');
});

test('functions of the caller are offered to a caller that executes them', async () => {
  const tools = toolsOf(
    knownProvider('client', 'device', [tool('device', 'locate', { executedBy: 'caller' })]),
  );
  const refs = [{ ...ref('device', 'locate'), providerType: 'client' }];
  const names = async (callerExecutes: boolean) => [
    ...(await offeredTools(tools, app(refs), { callerExecutes, signal })).keys(),
  ];
  expect(await names(true)).toEqual(['locate']);
  expect(await names(false)).toEqual([]);
});

test('a missing tool is refused, or left out; what is not known yet is found out when it is needed', async () => {
  const late = unasked('late', async () => [tool('late', 'there')]);
  const down = unasked('down', async () => {
    throw new ToolError('failed', 'down does not answer.');
  });
  const tools = toolsOf(late, down);
  const options = { callerExecutes: false, signal };
  const mcp = (provider: string, name: string) => ({ ...ref(provider, name), providerType: 'mcp' });
  expect(() => checkTools(tools, app([ref('none', 'x')]))).toThrow('the tool x is missing');
  expect(() => checkTools(tools, app([ref('none', 'x')], 'ignore'))).not.toThrow();
  expect(() => checkTools(tools, app([mcp('late', 'there'), mcp('down', 'x')]))).not.toThrow();
  expect([...(await offeredTools(tools, app([mcp('late', 'there')]), options)).keys()]).toEqual(['there']);
  await expect(offeredTools(tools, app([mcp('late', 'elsewhere')]), options)).rejects.toMatchObject({
    code: 'app_unavailable',
    message: 'App unavailable: the tool elsewhere is missing: the provider late has none of that name.',
  });
  await expect(offeredTools(tools, app([mcp('down', 'x')]), options)).rejects.toMatchObject({
    ...{ code: 'app_unavailable', status: 400, message: 'App unavailable: down does not answer.' },
  });
  const left = await offeredTools(tools, app([mcp('down', 'x'), mcp('late', 'there')], 'ignore'), options);
  expect([...left.keys()]).toEqual(['there']);
});

test('a stop ends the wait for a provider, whatever the owner allows', async () => {
  const stopping = new AbortController();
  const silent = unasked(
    'silent',
    ({ signal: given }) =>
      new Promise((_, reject) => given.addEventListener('abort', () => reject(given.reason))),
  );
  const refs = [{ ...ref('silent', 'x'), providerType: 'mcp' }];
  const options = { callerExecutes: false, signal: stopping.signal };
  const waiting = offeredTools(toolsOf(silent), app(refs, 'ignore'), options);
  stopping.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
});
