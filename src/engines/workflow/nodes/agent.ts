import { type AgentConfig, agentConfigSchema } from '../agent/agent-config.ts';
import { agentInputs } from '../agent/agent-inputs.ts';
import { agentOffer } from '../agent/agent-offer.ts';
import { openMcpServers } from '../agent/open-mcp-servers.ts';
import { runAgent } from '../agent/run-agent.ts';
import { needsModel } from '../model/model-config.ts';
import { referencesOfParams } from '../model/read-params.ts';
import { withDetails } from '../model/with-details.ts';
import { defineNode } from '../node-kind.ts';
import { referencesOf } from '../tools/tool-input.ts';

/**
 * A model that works with tools until it can answer (`facts/dify-dsl-engine.md` §4.17), as agents of chat apps do. It knows
 * no retries, as in Dify: they would do once more what its tools have done.
 */
export const agent = defineNode<AgentConfig>({
  types: ['agent'],
  role: 'plain',
  config: agentConfigSchema,
  references: ({ model, tools, inputs }) => [
    ...referencesOfParams(model),
    ...[inputs, ...tools.flatMap(({ settings, fixed }) => [settings, fixed])].flatMap((set) =>
      Object.values(set).flatMap(referencesOf),
    ),
  ],
  needs: (config) => [
    ...needsModel(config),
    ...config.tools.map(({ tool }) => ({ kind: 'tool', tool }) as const),
  ],
  about: ({ strategyName }) => ({ agent_strategy: { name: strategyName, icon: null } }),
  async run(config, context) {
    const work = agentInputs(config, context.pool);
    const servers = openMcpServers(work.servers, context);
    try {
      const offered = await agentOffer(config.tools, servers.tools(), context);
      return await runAgent(config, work, offered, context);
    } catch (error) {
      context.signal.throwIfAborted();
      throw withDetails(error, { inputs: work.shown });
    } finally {
      await servers.close();
    }
  },
});
