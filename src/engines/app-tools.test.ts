import { expect, test } from 'vitest';
import type { App, InputField } from '../apps/app.ts';
import { ParleyError } from '../errors.ts';
import { AppSlots } from '../runs/app-slots.ts';
import type { Engine, EngineTask } from '../runs/engine.ts';
import { NO_USAGE } from '../runs/run-event.ts';
import { invokeTool } from '../tools/invoke-tool.ts';
import { toolContext } from '../tools/tool-context.fixture.ts';
import { appTools } from './app-tools.ts';

const field = (type: InputField['type'], variable: string, given: Partial<InputField> = {}): InputField => ({
  ...{ type, variable, label: '', required: false, maxLength: null, options: [], default: '', files: null },
  ...given,
});
const app = (given: Partial<App> = {}, inputForm: readonly InputField[] = []) =>
  ({
    ...{ id: 'helper', mode: 'chat', name: 'Helper', description: 'Helps', config: { inputForm } },
    icon: { type: 'emoji', value: '🤖', background: '#FFF' },
    settings: { maxConcurrency: null },
    ...given,
  }) as App;

/** The tool that an app is, with an engine of the test's own. */
function toolOf(one: App, execute: Engine['execute'] = async () => {}, check: Engine['check'] = () => {}) {
  const engine = { check, execute };
  const source = appTools(
    { list: () => [one] },
    { engineOf: () => engine, slots: new AppSlots(), timeoutMs: 1_000 },
  );
  const [provider] = source.providers();
  const [tool] = provider?.known() ?? [];
  if (!provider || !tool) throw new Error('there is no tool');
  return { provider, tool };
}

test('an app is one tool, of its own name, with its icon and the time that a run has', () => {
  const { provider, tool } = toolOf(app());
  expect(provider).toMatchObject({ type: 'workflow', name: 'helper' });
  expect(tool).toMatchObject({
    ...{ provider: 'helper', name: 'helper', label: { en_US: 'Helper' }, description: 'Helps' },
    ...{ icon: { background: '#FFF', content: '🤖' }, timeoutMs: 1_000, executedBy: 'server', authored: [] },
  });
  const icon = { type: 'link', value: 'https://a.example/i.png', background: '' } as const;
  expect(toolOf(app({ icon, description: '' })).tool).toMatchObject({
    icon: icon.value,
    description: 'Helper',
  });
});

test('its form is its parameters; files cannot be given, and a completion app is not asked anything', () => {
  const form = [
    field('text-input', 'name', { label: 'Name', required: true, maxLength: 48 }),
    field('paragraph', 'about'),
    field('number', 'age'),
    field('checkbox', 'sure'),
    field('select', 'size', { options: ['S', 'L'] }),
    field('json_object', 'more'),
    field('file', 'photo', { required: true }),
    field('file-list', 'photos'),
  ];
  const properties = {
    name: { type: 'string', maxLength: 48, description: 'Name' },
    about: { type: 'string' },
    age: { type: 'number' },
    sure: { type: 'boolean' },
    size: { type: 'string', enum: ['S', 'L'] },
    more: { type: 'object', additionalProperties: true },
  };
  expect(toolOf(app({ mode: 'completion' }, form)).tool.parameters).toEqual({
    ...{ type: 'object', properties, required: ['name'] },
  });
  expect(toolOf(app({}, form)).tool.parameters).toEqual({
    type: 'object',
    properties: { ...properties, query: { type: 'string', description: 'What to ask' } },
    required: ['name', 'query'],
  });
});

test('an app that was changed is another tool, one that was not is the same', () => {
  let apps = [app()];
  const source = appTools(
    { list: () => apps },
    { engineOf: () => ({ check() {}, async execute() {} }), slots: new AppSlots(), timeoutMs: 1 },
  );
  const [before] = source.providers();
  expect(source.providers()[0]).toBe(before);
  apps = [app({ name: 'New' })];
  const [after] = source.providers();
  expect(after).not.toBe(before);
  expect(after?.known()?.[0]?.label).toEqual({ en_US: 'New' });
  apps = [];
  expect(source.providers()).toEqual([]);
});

test('what it says is the result: pieces, replacements, and what an agent kept of its thoughts, without reasoning', async () => {
  const says = (...events: Parameters<EngineTask['emit']>[0][]) =>
    toolOf(app(), async ({ emit }) => events.forEach(emit)).tool;
  const result = (tool: ReturnType<typeof says>) => invokeTool(tool, { query: 'Q' }, toolContext());
  const text = (of: string, shown?: true) => ({
    kind: 'text' as const,
    text: of,
    ...(shown ? { shown } : {}),
  });
  expect(await result(says(text('<think>\nhm\n</think>'), text('It '), text('is so.')))).toEqual([
    { kind: 'text', text: 'It is so.' },
  ]);
  const replaced = { kind: 'text_replaced' as const, text: 'No.', reason: 'output_moderation' as const };
  expect(await result(says(text('Bad'), replaced))).toEqual([{ kind: 'text', text: 'No.' }]);
  expect(await result(says({ kind: 'aside', text: 'On the way.' }, text('Kept.', true)))).toEqual([
    { kind: 'text', text: 'Kept.' },
  ]);
});

test('it runs for the same end user, in no conversation, and nothing of it is kept', async () => {
  let given: EngineTask | undefined;
  const { tool } = toolOf(app({}, [field('number', 'n')]), async (task) => {
    given = task;
  });
  const context = toolContext({ callers: ['outer', 'middle'], user: 'u9' });
  await invokeTool(tool, { query: 'Q', n: '3', other: 'x' }, context);
  expect(given).toMatchObject({
    ...{ owner: { appId: 'helper', endUserId: context.endUserId }, user: 'u9', query: 'Q', inputs: { n: 3 } },
    ...{ conversation: null, isNewConversation: true, kept: false, aloud: false, callerExecutes: false },
    ...{ callers: ['outer', 'middle'], files: [], context: [], resumed: null },
  });
});

test('what it used is told, however it ends', async () => {
  const used = { ...NO_USAGE, promptTokens: 7 };
  const told: unknown[] = [];
  const context = toolContext({ onUsage: (usage) => void told.push(usage) });
  const failing = toolOf(app(), async (task) => {
    task.setUsage(async () => used);
    throw new ParleyError('completion_request_error', 400, 'no such model');
  });
  await expect(invokeTool(failing.tool, { query: 'Q' }, context)).rejects.toMatchObject({
    ...{ name: 'ToolError', kind: 'failed', message: 'helper: no such model' },
  });
  const unpriced = toolOf(app(), async (task) =>
    task.setUsage(async () => {
      throw new Error('no price list');
    }),
  );
  await invokeTool(unpriced.tool, { query: 'Q' }, context);
  expect(told).toEqual([used, NO_USAGE]);
});

test('an app that could not run says why; a defect says nothing of itself', async () => {
  const refuse = () => {
    throw new ParleyError('app_unavailable', 400, 'App unavailable: it is broken.');
  };
  const broken = toolOf(app(), async () => {}, refuse);
  await expect(invokeTool(broken.tool, { query: 'Q' }, toolContext())).rejects.toThrow(
    'helper: App unavailable: it is broken.',
  );
  const defect = toolOf(app(), async () => {
    throw new TypeError('x is undefined');
  });
  await expect(invokeTool(defect.tool, { query: 'Q' }, toolContext())).rejects.toThrow(
    'the tool failed unexpectedly',
  );
});

test('apps that call one another are bounded', async () => {
  const { tool } = toolOf(app());
  const deep = (levels: number) =>
    invokeTool(tool, { query: 'Q' }, toolContext({ callers: Array(levels).fill('a') }));
  await expect(deep(4)).resolves.toEqual([{ kind: 'text', text: '' }]);
  await expect(deep(5)).rejects.toThrow('more than 5 deep');
  const calls = (count: number) => invokeTool(tool, { query: 'Q' }, toolContext({ appCalls: { count } }));
  await expect(calls(49)).resolves.toBeDefined();
  await expect(calls(50)).rejects.toThrow('more than 50 times');
  const within = toolContext({ callers: ['a', 'helper'] });
  await expect(invokeTool(tool, { query: 'Q' }, within)).rejects.toThrow('helper is already at work on this');
});

test('a stop reaches the app, and so does the end of its time', async () => {
  const stopped: unknown[] = [];
  const { tool } = toolOf(
    app(),
    ({ signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          stopped.push(signal.reason);
          reject(signal.reason);
        }),
      ),
  );
  const controller = new AbortController();
  const running = invokeTool(tool, { query: 'Q' }, toolContext({ signal: controller.signal }));
  controller.abort(new Error('stopped'));
  await expect(running).rejects.toThrow('stopped');
  await expect(invokeTool({ ...tool, timeoutMs: 20 }, { query: 'Q' }, toolContext())).rejects.toThrow(
    'within 20 ms',
  );
  expect(stopped).toHaveLength(2);
});
