import { afterAll, describe, expect, test } from 'vitest';
import { createOutbound } from '../../../outbound/create-outbound.ts';
import { rules } from '../../../outbound/start-callee.fixture.ts';
import { echoTool, saying, startMcpServer } from '../../../tools/mcp/mcp-server.fixture.ts';
import { type AgentOptions, calling, constant, runAgentNode } from '../agent/agent.fixture.ts';
import { fakeModels } from '../model/fake-models.fixture.ts';
import { fakeTool } from '../tools/tools.fixture.ts';

const outbound = createOutbound();
afterAll(() => outbound.close());
const services = { outbound, allow: rules('127.0.0.0/8') };

const echo = {
  list: () => ({ tools: [echoTool()] }),
  call: (_: string, { text }: Readonly<Record<string, unknown>>) => saying(`echo ${text}`),
};

/** With the MCP servers that `value` names. */
function run(fake: ReturnType<typeof fakeModels>, value: unknown, options: AgentOptions = {}) {
  const parameters = { mcp_server: constant(value), ...options.parameters };
  return runAgentNode(fake, { ...options, parameters, services: { ...services, ...options.services } });
}

describe('a server that the node names', () => {
  test('its tools stand beside the others, under names of their own, and the session ends with the node', async () => {
    const server = await startMcpServer(echo);
    const fake = fakeModels([
      calling([
        ['echo', { q: 'x' }],
        [`echo_127_0_0_1_${server.port}`, { text: 'hi' }],
      ]),
      { says: ['ok'] },
    ]);
    const own = fakeTool('echo', async () => [{ kind: 'text', text: 'own' }]);
    const { node, log } = await run(fake, server.url, { tools: [own] });
    expect(node).toMatchObject({ status: 'succeeded', inputs: { mcp_server: [`127.0.0.1:${server.port}`] } });
    expect(fake.requests[0]?.tools?.map(({ name }) => name)).toEqual([
      'echo',
      `echo_127_0_0_1_${server.port}`,
    ]);
    expect(fake.requests[1]?.messages.slice(-2)).toMatchObject([{ content: 'own' }, { content: 'echo hi' }]);
    expect(log.find(({ label }) => String(label).startsWith('CALL echo_'))).toMatchObject({
      metadata: { provider: `127.0.0.1:${server.port}` },
    });
    expect(server.sessions()).toBe(0);
  });

  test('over SSE, and in the other parameter that agents have', async () => {
    const server = await startMcpServer(echo, { protocol: 'sse' });
    const fake = fakeModels([calling({ echo: { text: 'hi' } }), { says: ['ok'] }]);
    const { node } = await run(fake, '', {
      parameters: { mcp_servers_config: constant({ one: { url: server.url } }) },
    });
    expect(node.status).toBe('succeeded');
    expect(fake.requests[1]?.messages.at(-1)?.content).toBe('echo hi');
    await expect.poll(() => server.sessions()).toBe(0);
  });

  test('several, with headers from variables, which are shown to nobody', async () => {
    const [one, two] = await Promise.all([
      startMcpServer({ ...echo, call: () => saying('the key is sk-secret-1') }),
      startMcpServer(echo),
    ]);
    const fake = fakeModels([
      calling([
        ['echo', { text: 'a' }],
        ['echo_two', { text: 'b' }],
      ]),
      { says: ['ok'] },
    ]);
    const config = JSON.stringify({
      one: { url: one.url, headers: { Authorization: 'Bearer {{#env.KEY#}}' } },
      two: { url: two.url },
    });
    const { node, events } = await run(fake, config);
    expect(node.inputs.mcp_server).toEqual(['one', 'two']);
    expect(one.requests.every(({ headers }) => headers.authorization === 'Bearer sk-secret-1')).toBe(true);
    expect(two.requests.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
    expect(fake.requests[1]?.messages.slice(-2)).toMatchObject([
      { content: 'the key is ***' },
      { content: 'echo b' },
    ]);
    expect(JSON.stringify(events)).not.toContain('sk-secret-1');
  });
});

describe('a server that cannot be had', () => {
  test('the guard holds for what an app names', async () => {
    const server = await startMcpServer(echo);
    const fake = fakeModels([{ says: ['never'] }]);
    const { node } = await run(fake, server.url, { services: { allow: [] } });
    expect(node).toMatchObject({ status: 'failed', errorType: 'AgentInvocationError' });
    expect(node.error).toContain(`Failed to get the tools of the MCP server 127.0.0.1:${server.port}: `);
    expect(server.requests).toEqual([]);
    expect(fake.requests).toEqual([]);
  });

  test('what does not answer, and what is no server', async () => {
    const server = await startMcpServer(echo);
    await server.close();
    const { node } = await run(fakeModels([]), server.url);
    expect(node).toMatchObject({ status: 'failed', errorType: 'AgentInvocationError' });
    const { node: other } = await run(fakeModels([]), 'nonsense');
    expect(other).toMatchObject({ status: 'failed', errorType: 'AgentInputError' });
  });

  test('a session ends also when another server, a tool or the model fails', async () => {
    const server = await startMcpServer(echo);
    const { node } = await run(fakeModels([{ fails: new Error('gone') }]), server.url);
    expect(node).toMatchObject({ status: 'failed', error: 'gone' });
    expect(server.sessions()).toBe(0);
    const missing = await run(fakeModels([]), server.url, {
      parameters: { tools: constant([{ enabled: true, provider_name: 'kit', tool_name: 'gone' }]) },
    });
    expect(missing.node.errorType).toBe('ToolNodeError');
    expect(server.sessions()).toBe(0);
  });
});

describe('a stop', () => {
  test('cancels a call at the server, and ends the session', async () => {
    const stop = new AbortController();
    const begun = Promise.withResolvers<void>();
    const cancelled = Promise.withResolvers<void>();
    const server = await startMcpServer({
      ...echo,
      call(_name, _args, signal) {
        signal.addEventListener('abort', () => cancelled.resolve());
        begun.resolve();
        return new Promise(() => {});
      },
    });
    const fake = fakeModels([calling({ echo: { text: 'a' } }), { says: ['never'] }]);
    const played = run(fake, server.url, { signal: stop.signal });
    await begun.promise;
    stop.abort(new Error('Stopped by user.'));
    const { outcome, lines } = await played;
    expect(outcome.status).toBe('stopped');
    await cancelled.promise;
    await server.seen('notifications/cancelled');
    await expect.poll(() => server.sessions()).toBe(0);
    expect(fake.requests).toHaveLength(1);
    expect(lines.at(-1)).toBe('CALL echo start');
  });

  test('ends a connection that is being opened', async () => {
    const stop = new AbortController();
    const server = await startMcpServer({ ...echo, http: () => true });
    const fake = fakeModels([{ says: ['never'] }]);
    const played = run(fake, server.url, { signal: stop.signal });
    const { socket } = await server.seen('initialize');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    stop.abort(new Error('Stopped by user.'));
    expect((await played).outcome.status).toBe('stopped');
    await closed;
    expect(fake.requests).toEqual([]);
  });
});
