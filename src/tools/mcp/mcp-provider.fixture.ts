import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { McpServerConfig } from '../../config/config.ts';
import { createOutbound } from '../../outbound/create-outbound.ts';
import { toolContext } from '../tool-context.fixture.ts';
import type { ToolPart } from '../tool-part.ts';
import type { ToolProvider } from '../tool-provider.ts';
import { type McpParts, mcpProvider } from './mcp-provider.ts';

export type TestProvider = ToolProvider & {
  /** Calls a tool of the server, listed or not known before. */
  call(
    name: string,
    args?: Readonly<Record<string, unknown>>,
    signal?: AbortSignal,
  ): Promise<readonly ToolPart[]>;
  names(): Promise<readonly string[]>;
};

export const never = new AbortController().signal;

/** A provider named `server`; closed when the test is over. */
export function testProvider(server: McpServerConfig | string, parts: Partial<McpParts> = {}): TestProvider {
  const outbound = createOutbound();
  const provider = mcpProvider(
    {
      name: 'server',
      timeoutMs: null,
      kind: 'mcp',
      server: typeof server === 'string' ? http(server) : server,
    },
    { outbound, version: '1.2.3', ...parts },
  );
  onTestFinished(async () => {
    await provider.close();
    await outbound.close();
  });
  return {
    ...provider,
    async call(name, args = {}, signal = never) {
      const tools = await provider.list({ signal });
      const tool = tools.find((listed) => listed.name === name);
      if (tool === undefined) throw new Error(`no tool ${name}`);
      return tool.invoke(args, toolContext({ signal }));
    },
    async names() {
      return (await provider.list({ signal: never })).map(({ name }) => name);
    },
  };
}

export function http(url: string, headers: Readonly<Record<string, string>> = {}): McpServerConfig {
  return { kind: 'http', url, headers };
}

/** The server of `stdio-server.fixture.ts`, which behaves as `how` says. */
export function stdio(how: string, env: Readonly<Record<string, string>> = {}): McpServerConfig {
  const script = join(import.meta.dirname, 'stdio-server.fixture.ts');
  return { kind: 'stdio', command: process.execPath, args: [script, how], env };
}

/** A process that has ended, but that nobody has taken notice of, is not alive. */
export function isAlive(pid: number): boolean {
  try {
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false;
  }
}
