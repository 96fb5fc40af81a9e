import { z } from 'zod';
import { type MemoryConfig, memoryConfigSchema } from '../model/memory-config.ts';
import type { ModelConfig } from '../model/model-config.ts';
import { written } from '../tools/tool-config.ts';
import { looseInputSchema, type ToolInput } from '../tools/tool-input.ts';
import { type AgentStrategy, strategyOf } from './agent-strategy.ts';
import { type AgentTool, agentToolsSchema } from './agent-tool.ts';

export interface AgentConfig {
  readonly strategy: AgentStrategy;
  /** As the file has it. */
  readonly strategyName: string;
  readonly model: ModelConfig;
  readonly tools: readonly AgentTool[];
  readonly memory: MemoryConfig | null;
  readonly inputs: AgentInputs;
}

/** Of `agent_parameters`, what is known when the node runs, where something was written. */
export type AgentInputs = Readonly<Partial<Record<AgentInputName, ToolInput>>>;

/** The last two name MCP servers: of `hjlarry/agent`, and of `junjiem/mcp_sse`. */
const INPUTS = [
  ...(['instruction', 'query', 'maximum_iterations', 'context', 'files'] as const),
  ...(['mcp_server', 'mcp_servers_config'] as const),
];
type AgentInputName = (typeof INPUTS)[number];

const optionalInput = looseInputSchema.optional();
const namedInputs = Object.fromEntries(INPUTS.map((name) => [name, optionalInput])) as Record<
  AgentInputName,
  typeof optionalInput
>;

const modelSchema = z.looseObject({
  value: z.looseObject({
    provider: z.string(),
    model: z.string(),
    mode: z.string().nullish(),
    completion_params: z.record(z.string(), z.unknown()).nullish(),
  }),
});

/** `data` of an agent node (`facts/dify-dsl-engine.md` §4.17). */
export const agentConfigSchema = z
  .looseObject({
    agent_strategy_name: z.string().refine((name) => strategyOf(name) !== null, {
      error: ({ input }) => `there is no agent strategy '${input}' here, but function_calling and ReAct`,
    }),
    agent_parameters: z.looseObject({
      model: modelSchema,
      tools: z.looseObject({ value: agentToolsSchema }).nullish(),
      ...namedInputs,
    }),
    memory: memoryConfigSchema,
  })
  .transform((data): AgentConfig => {
    const { model, tools } = data.agent_parameters;
    const { provider, model: name, mode, completion_params } = model.value;
    const strategyName = data.agent_strategy_name;
    const isCompletion = mode === 'completion';
    return {
      // A model that continues a text can be given no functions.
      strategy: isCompletion ? 'react' : (strategyOf(strategyName) as AgentStrategy),
      strategyName,
      model: {
        provider,
        name,
        mode: isCompletion ? 'completion' : 'chat',
        completion_params: completion_params ?? {},
      },
      tools: tools?.value ?? [],
      memory: data.memory,
      inputs: written(pick(data.agent_parameters)),
    };
  });

function pick(parameters: Readonly<Partial<Record<AgentInputName, ToolInput | null | undefined>>>) {
  return Object.fromEntries(INPUTS.map((name) => [name, parameters[name] ?? null]));
}
