import type { App } from '../../apps/app.ts';
import { isRecord } from '../../config/is-record.ts';
import { ParleyError } from '../../errors.ts';
import type { ToolSpec } from '../../models/chat-model.ts';
import type { Tool } from '../../tools/tool.ts';
import { ToolError } from '../../tools/tool-error.ts';
import type { Tools } from '../../tools/tools.ts';
import { uniqueNames } from '../../tools/unique-names.ts';

/** A tool as one app offers it to its model. */
export interface OfferedTool {
  readonly tool: Tool;
  readonly spec: ToolSpec;
  /** What the author has set; goes over what the model writes. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Refuses an app with tools that this server lacks, unless its owner lets it run without. @throws ParleyError */
export function checkTools(tools: Tools, { config, settings }: App): void {
  if (settings.missingTools === 'ignore') return;
  for (const ref of config.agent?.tools ?? []) {
    const problem = tools.problemOf(ref);
    if (problem !== null) throw unavailable(problem);
  }
}

/** How long an app waits for servers of tools that it can do without. */
const OPTIONAL_MS = 2_000;

/**
 * The tools of an app by the names that its model knows them by. A provider that cannot be asked lacks its tools.
 *
 * @throws ParleyError `app_unavailable` for a missing tool, unless the owner lets the app run without
 */
export async function offeredTools(
  tools: Tools,
  { config, settings }: App,
  { callerExecutes, signal }: { readonly callerExecutes: boolean; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, OfferedTool>> {
  const refs = config.agent?.tools ?? [];
  const optional = settings.missingTools === 'ignore';
  const patience = optional ? AbortSignal.any([signal, AbortSignal.timeout(OPTIONAL_MS)]) : signal;
  const found = await Promise.all(
    refs.map(async (ref) => {
      try {
        return { ref, tool: await tools.find(ref, { signal: patience }) };
      } catch (error) {
        signal.throwIfAborted();
        if (optional) return null;
        throw error instanceof ToolError ? unavailable(error.message) : error;
      }
    }),
  );
  return offerTools(
    found.flatMap((one) => {
      if (one === null || (one.tool.executedBy === 'caller' && !callerExecutes)) return [];
      return [{ tool: one.tool, values: one.ref.values }];
    }),
  );
}

/** Tools with what their author has set, under names that every model takes, and each of them once. */
export function offerTools(
  tools: readonly Pick<OfferedTool, 'tool' | 'values'>[],
): ReadonlyMap<string, OfferedTool> {
  const offered = new Map<string, OfferedTool>();
  const unique = uniqueNames();
  for (const { tool, values } of tools) {
    const name = unique(tool.name, tool.provider);
    offered.set(name, offer(tool, name, values));
  }
  return offered;
}

function offer(tool: Tool, name: string, values: OfferedTool['values']): OfferedTool {
  const set = Object.entries(values).filter(
    ([parameter, value]) => tool.authored.includes(parameter) && value !== null && value !== '',
  );
  return {
    tool,
    values: Object.fromEntries(set),
    spec: { name, description: tool.description, parameters: forModel(tool) },
  };
}

/** Without what the author sets. */
function forModel({ parameters, authored }: Tool): Readonly<Record<string, unknown>> {
  const { properties, required, ...others } = parameters;
  const left = Object.entries(isRecord(properties) ? properties : {}).filter(
    ([name]) => !authored.includes(name),
  );
  const names = Array.isArray(required) ? required.filter((name) => !authored.includes(name)) : [];
  return {
    ...others,
    type: 'object',
    properties: Object.fromEntries(left),
    ...(names.length > 0 ? { required: names } : {}),
  };
}

function unavailable(problem: string): ParleyError {
  return new ParleyError('app_unavailable', 400, `App unavailable: ${problem.replace(/\.$/, '')}.`);
}
