import { expect, test } from 'vitest';
import { startCallee } from '../../outbound/start-callee.fixture.ts';
import { isAlive, never, stdio, type TestProvider, testProvider } from './mcp-provider.fixture.ts';

async function json(provider: TestProvider, tool: string): Promise<unknown> {
  const [part] = await provider.call(tool);
  return part?.kind === 'text' ? JSON.parse(part.text) : null;
}

async function failure(provider: TestProvider): Promise<Error> {
  return provider.list({ signal: never }).then(
    () => expect.unreachable(),
    (error) => error,
  );
}

test('a command gets its own environment, and little of ours', async () => {
  process.env.PARLEY_TEST_SECRET = 'secret';
  try {
    const env = (await json(testProvider(stdio('well', { TOKEN: 'abcd' })), 'env')) as Record<string, string>;
    expect(env).toMatchObject({ TOKEN: 'abcd', PATH: process.env.PATH });
    const allowed = ['HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'TOKEN', 'USER'];
    // What macOS adds to every process.
    expect(Object.keys(env).filter((name) => !name.startsWith('__'))).toSatisfy((names: string[]) =>
      names.every((name) => allowed.includes(name)),
    );
  } finally {
    delete process.env.PARLEY_TEST_SECRET;
  }
});

test('what a command complains of stands in the error, without secrets and stack', async () => {
  const error = await failure(testProvider(stdio('complaining', { TOKEN: 'abcd' })));
  expect(error).toMatchObject({
    name: 'ToolError',
    kind: 'failed',
    message: 'the command of the MCP server ended (exit code 3): Error: no database, only ***',
  });
});

test('a command that is not there', async () => {
  const server = { kind: 'stdio', command: '/nowhere/no-such-command', args: [], env: {} } as const;
  expect(await failure(testProvider(server))).toMatchObject({
    name: 'ToolError',
    kind: 'failed',
    message: 'the command of the MCP server cannot be started (ENOENT)',
  });
});

test('a command that says nothing is given up in time, and ended', async () => {
  const provider = testProvider(stdio('silent'), { limits: { connectMs: 1_000 } });
  expect(await failure(provider)).toMatchObject({
    kind: 'timeout',
    message: 'the MCP server did not answer within 1 s: waiting for the database',
  });
});

test('garbage between the messages is passed over', async () => {
  const provider = testProvider(stdio('garbage'));
  expect(await provider.names()).toContain('echo');
  expect(await json(provider, 'pid')).toBeGreaterThan(0);
});

test('a message that is too large ends the command, and the next call starts it again', async () => {
  const provider = testProvider(stdio('well'), { limits: { maxMessageBytes: 1_000_000 } });
  await expect(provider.call('flood')).rejects.toMatchObject({
    kind: 'failed',
    message: 'the MCP server sent a message of more than 1000000 bytes',
  });
  expect(await json(provider, 'pid')).toBeGreaterThan(0);
});

test('a message of megabytes arrives', async () => {
  const provider = testProvider(stdio('well'), { limits: { maxTextLength: 3_000_000 } });
  expect(await json(provider, 'flood')).toHaveLength(2_000_000);
});

test('close ends a command', async () => {
  const provider = testProvider(stdio('well'));
  const pid = Number(await json(provider, 'pid'));
  expect(isAlive(pid)).toBe(true);
  await provider.close();
  expect(isAlive(pid)).toBe(false);
});

test('close ends a command that does not want to: SIGTERM, then SIGKILL', async () => {
  const reports = await startCallee();
  const provider = testProvider(stdio('stubborn', { REPORT_URL: reports.url }), { limits: { exitMs: 200 } });
  const pid = Number(await json(provider, 'pid'));
  const at = performance.now();
  await provider.close();
  expect(isAlive(pid)).toBe(false);
  expect(performance.now() - at).toBeLessThan(2_000);
  expect(reports.calls.map(({ path }) => path)).toEqual([expect.stringMatching(/^\/sigterm/)]);
});

test('close ends what a command has started', async () => {
  const reports = await startCallee();
  const provider = testProvider(stdio('launcher', { REPORT_URL: reports.url }));
  await provider.names();
  const { path } = await reports.nextCall();
  const child = Number(/^\/child\/(\d+)/.exec(path)?.[1]);
  expect(isAlive(child)).toBe(true);
  await provider.close();
  await expect.poll(() => isAlive(child)).toBe(false);
});

test('what a command has started ends with it, however it ends', async () => {
  const reports = await startCallee();
  const provider = testProvider(stdio('launcher', { REPORT_URL: reports.url }));
  await provider.names();
  const { path } = await reports.nextCall();
  const child = Number(/^\/child\/(\d+)/.exec(path)?.[1]);
  expect(isAlive(child)).toBe(true);
  await expect(provider.call('exit')).rejects.toMatchObject({ kind: 'failed' });
  await expect.poll(() => isAlive(child)).toBe(false);
});

test('a stop in the middle of the start ends the command', async () => {
  const provider = testProvider(stdio('silent'), { limits: { exitMs: 200 } });
  const list = provider.list({ signal: never });
  list.catch(() => {});
  await provider.close();
  await expect(list).rejects.toMatchObject({ message: 'The server is shutting down.' });
});
