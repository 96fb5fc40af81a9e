import type { Tool } from '../../../tools/tool.ts';
import type { NodeContext } from '../node-context.ts';
import { NodeError } from '../node-error.ts';
import type { NamedTool } from './tool-config.ts';
import { toolMissing } from './tool-failure.ts';

/** @throws NodeError for a tool that is not there, or that a workflow cannot have executed; the signal's reason */
export async function findTool(
  name: NamedTool,
  { services, signal }: Pick<NodeContext, 'services' | 'signal'>,
): Promise<Tool> {
  const tool = await services.tools.find(name, { signal }).catch((error: unknown) => {
    throw toolMissing(error);
  });
  if (tool.executedBy === 'server') return tool;
  const problem = `the tool ${name.tool} is executed by the caller of an app, whom a workflow cannot ask`;
  throw new NodeError('ToolNodeError', `Failed to get tool runtime: ${problem}`);
}
