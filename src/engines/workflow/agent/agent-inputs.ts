import { type PromptContext, readContext } from '../model/read-context.ts';
import type { ReadPool } from '../pool/variable-pool.ts';
import type { ToolInput } from '../tools/tool-input.ts';
import { type FileValue, isFileValue } from '../values/file-value.ts';
import { textOf } from '../values/render.ts';
import type { Value, ValueRecord } from '../values/value.ts';
import type { AgentConfig } from './agent-config.ts';
import { agentValue } from './agent-value.ts';
import { type McpServer, readMcpServers } from './mcp-servers.ts';

/** What an agent node works with, in one run. */
export interface AgentWork {
  readonly instruction: string;
  readonly query: string;
  readonly maxIterations: number;
  readonly context: PromptContext;
  readonly files: readonly FileValue[];
  readonly servers: readonly McpServer[];
  /** As the app's owner sees it: without what servers are told in confidence. */
  readonly shown: ValueRecord;
}

/** Where a file says nothing, and the most that Dify takes. */
const DEFAULT_ITERATIONS = 3;
const MAX_ITERATIONS = 500;

/** @throws NodeError for a variable that is not there, or has the wrong form */
export function agentInputs({ model, tools, inputs }: AgentConfig, pool: ReadPool): AgentWork {
  const read = (input: ToolInput | undefined) => agentValue(input, pool);
  const context = readContext({ value: read(inputs.context) });
  const text = (input: ToolInput | undefined) =>
    textOf({ value: read(input) }).replaceAll('{{#context#}}', () => context.text);
  const instruction = text(inputs.instruction);
  const query = text(inputs.query);
  const maxIterations = iterationsOf(read(inputs.maximum_iterations));
  const files = filesOf(read(inputs.files));
  const servers = [inputs.mcp_server, inputs.mcp_servers_config].flatMap((input) =>
    readMcpServers(read(input)),
  );
  return {
    ...{ instruction, query, maxIterations, context, files, servers },
    shown: {
      model: { provider: model.provider, model: model.name, mode: model.mode },
      tools: tools.map(({ tool }) => ({ provider_name: tool.providerName, tool_name: tool.tool })),
      ...{ instruction, query, maximum_iterations: maxIterations },
      ...(inputs.context && { context: read(inputs.context) }),
      ...(inputs.files && { files }),
      ...(servers.length > 0 && { mcp_server: servers.map(({ name }) => name) }),
    },
  };
}

function iterationsOf(value: Value): number {
  const given = typeof value === 'number' || typeof value === 'string' ? Math.trunc(Number(value)) : 0;
  return Math.min(given >= 1 ? given : DEFAULT_ITERATIONS, MAX_ITERATIONS);
}

function filesOf(value: Value): readonly FileValue[] {
  return (Array.isArray(value) ? value : [value]).filter(isFileValue);
}
