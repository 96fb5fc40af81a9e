import { isRecord } from '../../../config/is-record.ts';
import type { Tool } from '../../../tools/tool.ts';
import { type OfferedTool, offerTools } from '../../agent/offered-tools.ts';
import type { NodeContext } from '../node-context.ts';
import { findTool } from '../tools/find-tool.ts';
import type { ToolInput } from '../tools/tool-input.ts';
import type { Value } from '../values/value.ts';
import type { AgentTool } from './agent-tool.ts';
import { agentValue } from './agent-value.ts';

/**
 * The tools of an agent node as its model gets them, and those of MCP servers beside them, all under names of their own.
 *
 * @throws NodeError for a tool, or a variable in its settings, that is not there; the signal's reason
 */
export async function agentOffer(
  tools: readonly AgentTool[],
  others: Promise<readonly Tool[]>,
  context: Pick<NodeContext, 'services' | 'signal' | 'pool'>,
): Promise<ReadonlyMap<string, OfferedTool>> {
  const [own, served] = await Promise.all([
    Promise.all(
      tools.map(async (one) => {
        const tool = await findIfNeeded(one.tool, context);
        return tool && setUp(one, tool, context);
      }),
    ),
    others,
  ]);
  const offered = own.filter((one) => one !== null);
  return offerTools([...offered, ...served.map((tool) => ({ tool, values: {} }))]);
}

/** Null: the server lacks it, and the app's owner lets agents go without. */
async function findIfNeeded(
  name: AgentTool['tool'],
  context: Pick<NodeContext, 'services' | 'signal'>,
): Promise<Tool | null> {
  try {
    return await findTool(name, context);
  } catch (error) {
    context.signal.throwIfAborted();
    if (context.services.toolsAreOptional) return null;
    throw error;
  }
}

/** What the author has set is none of the model's affair, whoever else would set it. */
function setUp(
  { description, settings, fixed }: AgentTool,
  tool: Tool,
  { pool }: Pick<NodeContext, 'pool'>,
): Pick<OfferedTool, 'tool' | 'values'> {
  const valuesOf = (inputs: Readonly<Record<string, ToolInput>>): [string, Value][] =>
    Object.entries(inputs).map(([name, input]) => [name, agentValue(input, pool)]);
  const known = isRecord(tool.parameters.properties) ? tool.parameters.properties : {};
  const set = [...valuesOf(settings), ...valuesOf(fixed)].filter(
    ([name, value]) => Object.hasOwn(known, name) && value !== null && value !== '',
  );
  const names = set.map(([name]) => name);
  return {
    tool: {
      ...tool,
      ...(description.trim() !== '' && { description }),
      authored: [...new Set([...tool.authored, ...names])],
    },
    values: Object.fromEntries(set),
  };
}
