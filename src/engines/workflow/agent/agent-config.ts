import { z } from 'zod';
import { type MemoryConfig, memoryConfigSchema } from '../model/memory-config.ts';
import type { ModelConfig } from '../model/model-config.ts';
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

/** Of `agent_parameters`, what is known when the node runs; null: nothing was written. */
export interface AgentInputs {
  readonly instruction: ToolInput | null;
  readonly query: ToolInput | null;
  readonly maximum_iterations: ToolInput | null;
  readonly context: ToolInput | null;
  readonly files: ToolInput | null;
  /** An address, or JSON that names servers: of `hjlarry/agent`, and of `junjiem`'s agents. */
  readonly mcp_server: ToolInput | null;
  readonly mcp_servers_config: ToolInput | null;
}

const input = looseInputSchema;

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
    agent_strategy_provider_name: z.string().nullish(),
    agent_strategy_name: z.string(),
    agent_parameters: z.looseObject({
      model: modelSchema,
      tools: z.looseObject({ value: agentToolsSchema }).nullish(),
      ...{ instruction: input, query: input, maximum_iterations: input, context: input, files: input },
      ...{ mcp_server: input, mcp_servers_config: input },
    }),
    memory: memoryConfigSchema,
  })
  .transform((data, context): AgentConfig => {
    const { model, tools, ...inputs } = data.agent_parameters;
    const { provider, model: name, mode, completion_params } = model.value;
    const strategyName = data.agent_strategy_name;
    const strategy = strategyOf(strategyName);
    if (strategy === null) {
      const provider = data.agent_strategy_provider_name ?? '';
      context.addIssue({
        code: 'custom',
        path: ['agent_strategy_name'],
        message: `the agent strategy '${strategyName}'${provider === '' ? '' : ` of ${provider}`} is not there: there are function_calling and ReAct`,
      });
      return z.NEVER;
    }
    const isCompletion = mode === 'completion';
    return {
      // A model that continues a text can be given no functions.
      strategy: isCompletion ? 'react' : strategy,
      strategyName,
      model: {
        provider,
        name,
        mode: isCompletion ? 'completion' : 'chat',
        completion_params: completion_params ?? {},
      },
      tools: tools?.value ?? [],
      memory: data.memory,
      inputs,
    };
  });
