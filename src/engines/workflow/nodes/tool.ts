import { isRecord } from '../../../config/is-record.ts';
import { invokeTool, UNEXPECTED } from '../../../tools/invoke-tool.ts';
import { ToolError } from '../../../tools/tool-error.ts';
import { addUsage } from '../add-usage.ts';
import { withDetails } from '../model/with-details.ts';
import { defineNode } from '../node-kind.ts';
import type { NodeDetails, NodeUsage } from '../node-result.ts';
import { findTool } from '../tools/find-tool.ts';
import { toolAnswer } from '../tools/tool-answer.ts';
import { toolArguments } from '../tools/tool-arguments.ts';
import { type ToolConfig, toolConfigSchema } from '../tools/tool-config.ts';
import { toolFailure } from '../tools/tool-failure.ts';
import { referencesOf } from '../tools/tool-input.ts';
import { usageOfCall } from '../tools/usage-of-call.ts';
import type { ValueRecord } from '../values/value.ts';

/** One call of a tool (`facts/dify-dsl-engine.md` §4.16). */
export const tool = defineNode<ToolConfig>({
  types: ['tool'],
  role: 'plain',
  retries: true,
  config: toolConfigSchema,
  /** Dify's editor gives new forms to old values (`facts/dify-dsl-engine.md` §2.5). */
  normalise(data) {
    if (data.version || data.tool_node_version) return data;
    const given = isRecord(data.tool_configurations) ? data.tool_configurations : {};
    const configurations = Object.entries(given).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null ? value : { type: 'constant', value },
    ]);
    return { ...data, tool_node_version: '2', tool_configurations: Object.fromEntries(configurations) };
  },
  references: ({ parameters, configurations }) =>
    [...Object.values(parameters), ...Object.values(configurations)].flatMap(referencesOf),
  needs: ({ tool }) => [{ kind: 'tool', tool }],
  async run(config, context) {
    const { services, signal, pool } = context;
    const { providerType, providerId, providerName } = config.tool;
    const found = await findTool(config.tool, context);
    const info = {
      provider_type: providerType,
      provider_id: providerId,
      plugin_unique_identifier: config.pluginId,
      icon: found.icon,
    };
    const metadata: ValueRecord = { tool_info: info };
    const inputs = toolArguments(config, found, pool);
    let usage: NodeUsage | null = null;
    const toolContext = services.toolContext({
      signal,
      onUsage(used) {
        usage = addUsage(usage, usageOfCall(used));
      },
    });
    const details = (): NodeDetails => ({ inputs, metadata, ...(usage === null ? {} : { usage }) });
    try {
      const parts = await invokeTool(found, inputs, toolContext);
      const answer = await toolAnswer(parts, config, context);
      return { outputs: answer, types: { files: 'array[file]' }, ...details() };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ToolError && error.message === UNEXPECTED) services.onError(error.cause);
      throw withDetails(toolFailure(error, providerName || providerId), details());
    }
  },
});
