import { expect, test, vi } from 'vitest';
import { OutboundError } from '../outbound/outbound-error.ts';
import { SandboxError } from '../sandbox/sandbox-error.ts';
import { invokeTool } from './invoke-tool.ts';
import type { Tool, ToolContext } from './tool.ts';
import { toolContext } from './tool-context.fixture.ts';
import { ToolError } from './tool-error.ts';
import type { ToolPart } from './tool-part.ts';

const DONE: readonly ToolPart[] = [{ kind: 'text', text: 'done' }];

function tool(invoke: Tool['invoke'], given: Partial<Tool> = {}): Tool {
  return {
    provider: 'p',
    name: 't',
    label: { en_US: 'T' },
    description: '',
    parameters: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
    authored: [],
    icon: '',
    timeoutMs: null,
    executedBy: 'server',
    invoke,
    ...given,
  };
}

/** Never settles, whatever its signal does. */
const deaf = () => new Promise<never>(() => {});

function stoppable() {
  const controller = new AbortController();
  return { stop: () => controller.abort('stop'), context: toolContext({ signal: controller.signal }) };
}

async function failure(invoke: Tool['invoke'], given: Partial<Tool> = {}): Promise<ToolError> {
  const settled = await invokeTool(tool(invoke, given), { n: 1 }, toolContext()).catch(
    (error: unknown) => error,
  );
  if (settled instanceof ToolError) return settled;
  throw new Error('no ToolError', { cause: settled });
}

test('a tool gets arguments that fit, and the context', async () => {
  const invoke = vi.fn(async () => DONE);
  const context = toolContext({ user: 'somebody' });
  expect(await invokeTool(tool(invoke), { n: '5', other: 1 }, context)).toBe(DONE);
  const [args, given] = invoke.mock.calls[0] as unknown as [unknown, ToolContext];
  expect(args).toEqual({ n: 5 });
  expect(given).toMatchObject({ appId: 'app', user: 'somebody', signal: { aborted: false } });
});

test('a tool whose arguments do not fit is not called', async () => {
  const invoke = vi.fn(async () => DONE);
  await expect(invokeTool(tool(invoke), {}, toolContext())).rejects.toMatchObject({ kind: 'arguments' });
  expect(invoke).not.toHaveBeenCalled();
});

test('nor one whose run has been stopped', async () => {
  const invoke = vi.fn(async () => DONE);
  const { stop, context } = stoppable();
  stop();
  await expect(invokeTool(tool(invoke), { n: 1 }, context)).rejects.toBe('stop');
  expect(invoke).not.toHaveBeenCalled();
});

test('a stop ends the wait within the same turn, with the reason, also of a tool that never lets go', async () => {
  const { stop, context } = stoppable();
  let ended: unknown;
  invokeTool(tool(deaf), { n: 1 }, context).catch((reason: unknown) => {
    ended = reason;
  });
  stop();
  await new Promise((resolve) => process.nextTick(resolve));
  await null;
  expect(ended).toBe('stop');
});

test('the tool hears of the stop in the same moment', async () => {
  const { stop, context } = stoppable();
  let heard: unknown;
  const listening = tool(async (_, { signal }) => {
    signal.addEventListener('abort', () => {
      heard = signal.reason;
    });
    return deaf();
  });
  const invoked = invokeTool(listening, { n: 1 }, context);
  stop();
  expect(heard).toBe('stop');
  await expect(invoked).rejects.toBe('stop');
});

test('what a tool throws because it was stopped is the stop', async () => {
  const { stop, context } = stoppable();
  const clumsy = tool(async () => {
    stop();
    throw new Error('socket closed');
  });
  await expect(invokeTool(clumsy, { n: 1 }, context)).rejects.toBe('stop');
});

test('a tool that stops its run and throws at once leaves no rejection behind', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  try {
    const { stop, context } = stoppable();
    const throwing = tool(() => {
      stop();
      throw new Error('at once');
    });
    await expect(invokeTool(throwing, { n: 1 }, context)).rejects.toBe('stop');
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).not.toHaveBeenCalled();
  } finally {
    process.off('unhandledRejection', unhandled);
  }
});

test('a tool ends at its timeout, and hears of it', async () => {
  let heard: unknown;
  const slow: Tool['invoke'] = async (_, { signal }) => {
    signal.addEventListener('abort', () => {
      heard = signal.reason;
    });
    return deaf();
  };
  const error = await failure(slow, { timeoutMs: 20 });
  expect(error).toMatchObject({ kind: 'timeout', message: 'the tool did not answer within 20 ms' });
  expect(heard).toBe(error);
});

test('without one of its own it has a minute', async () => {
  vi.useFakeTimers();
  try {
    const invoked = failure(deaf);
    await vi.advanceTimersByTimeAsync(59_999);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await invoked).toMatchObject({
      kind: 'timeout',
      message: 'the tool did not answer within 60 s',
    });
  } finally {
    vi.useRealTimers();
  }
});

test('neither timer nor listener is left', async () => {
  vi.useFakeTimers();
  try {
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, 'removeEventListener');
    const added = vi.spyOn(signal, 'addEventListener');
    await invokeTool(
      tool(async () => DONE),
      { n: 1 },
      toolContext({ signal }),
    );
    expect(vi.getTimerCount()).toBe(0);
    expect(removed.mock.calls).toEqual(added.mock.calls);
    expect(added).toHaveBeenCalledOnce();
  } finally {
    vi.useRealTimers();
  }
});

test.each([
  [
    'a ToolError, as it is',
    new ToolError('credentials', 'no key'),
    { kind: 'credentials', message: 'no key' },
  ],
  ['a refused request', new OutboundError('refused', 'not there'), { kind: 'failed', message: 'not there' }],
  ['a request that timed out', new OutboundError('timeout', 'slow'), { kind: 'timeout', message: 'slow' }],
  ['code that failed', new SandboxError('error', 'NameError'), { kind: 'failed', message: 'NameError' }],
  [
    'code that had printed something',
    new SandboxError('timeout', 'too long', { output: 'so far' }),
    { kind: 'timeout', message: 'too long\nWhat it had printed:\nso far' },
  ],
  [
    'anything else, without its text',
    new Error('/home/secret: no such file'),
    { kind: 'failed', message: 'the tool failed unexpectedly' },
  ],
  ['what is no error', 'a string', { kind: 'failed', message: 'the tool failed unexpectedly' }],
])('%s', async (_, thrown, expected) => {
  const error = await failure(async () => {
    throw thrown;
  });
  expect(error).toMatchObject(expected);
  if (!(thrown instanceof ToolError)) expect(error.cause).toBe(thrown);
});

test('a tool that throws at once', async () => {
  const error = await failure(() => {
    throw new ToolError('failed', 'at once');
  });
  expect(error.message).toBe('at once');
});
