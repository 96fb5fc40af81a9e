import type { ToolCall } from '../../models/chat-model.ts';
import { parseToolArguments } from '../../models/parse-tool-arguments.ts';
import type { EngineTask } from '../../runs/engine.ts';
import type { RunFile } from '../../runs/run-file.ts';
import type { ToolUse } from '../../runs/thought.ts';
import { fitArguments } from '../../tools/fit-arguments.ts';
import { invokeTool, UNEXPECTED } from '../../tools/invoke-tool.ts';
import type { ToolContext } from '../../tools/tool.ts';
import { ToolError } from '../../tools/tool-error.ts';
import type { EngineParts } from '../engine-parts.ts';
import { boundedArguments } from './bounded-arguments.ts';
import { keepToolFile } from './keep-tool-file.ts';
import { observe } from './observe.ts';
import type { OfferedTool } from './offered-tools.ts';

type Offered = ReadonlyMap<string, OfferedTool>;

/** Calls of one round that go on at once: each may hold an answer of 15 MB, and a model may make more than a hundred. */
const MAX_AT_ONCE = 16;

/** Calls of a model, as they stand before any of them is answered. */
export function usesOf(calls: readonly ToolCall[], offered: Offered): readonly ToolUse[] {
  return calls.map((call) => {
    const tool = offered.get(call.name)?.tool;
    return {
      id: call.id,
      provider: tool?.provider ?? '',
      name: call.name,
      label: tool?.label ?? { en_US: call.name },
      arguments: boundedArguments(call.arguments),
      ...(call.providerData === undefined ? {} : { providerData: call.providerData }),
      output: null,
      executedBy: tool?.executedBy ?? 'server',
    };
  });
}

/**
 * Has the calls answered that are for this server, many at once; those for the caller stay without an output. A tool that
 * fails tells the model so.
 *
 * @throws `context.signal.reason` when the run is stopped
 */
export async function callTools(
  parts: EngineParts,
  task: EngineTask,
  offered: Offered,
  uses: readonly ToolUse[],
  context: ToolContext,
): Promise<{ readonly uses: readonly ToolUse[]; readonly files: readonly string[] }> {
  const files: string[] = [];
  const answer = async (use: ToolUse): Promise<ToolUse> => {
    const tool = offered.get(use.name);
    if (use.executedBy === 'caller') return { ...use, output: tool ? problemFor(tool, use) : null };
    const { output, made } = await call({ parts, task, context, calls: uses.length }, tool, use);
    files.push(...made.map(({ id }) => id));
    return { ...use, output };
  };
  const answered = [...uses];
  const waiting = uses.entries();
  const work = async () => {
    for (const [at, use] of waiting) answered[at] = await answer(use);
  };
  await Promise.all(Array.from({ length: MAX_AT_ONCE }, work));
  return { uses: answered, files };
}

/** What a model is told when it asks a caller for what does not fit; null when the caller is to be asked. */
function problemFor({ tool }: OfferedTool, use: ToolUse): string | null {
  const args = parseToolArguments(use.arguments);
  if (args === null) return MALFORMED;
  try {
    fitArguments(tool.parameters, args);
    return null;
  } catch (error) {
    return failureOf(error);
  }
}

const MALFORMED = 'tool parameters validation error: the arguments are not a JSON object';

/** What the calls of one round share. */
interface Round {
  readonly parts: EngineParts;
  readonly task: EngineTask;
  readonly context: ToolContext;
  /** How many there are. */
  readonly calls: number;
}

/** Texts of what went wrong begin as in `facts/dify-dsl-engine.md` §8.4. */
async function call(
  { parts, task, context, calls }: Round,
  offered: OfferedTool | undefined,
  use: ToolUse,
): Promise<{ readonly output: string; readonly made: readonly RunFile[] }> {
  if (!offered) return { output: `there is not a tool named ${use.name}`, made: [] };
  const args = parseToolArguments(use.arguments);
  if (args === null) return { output: MALFORMED, made: [] };
  const kept: (RunFile | null)[] = [];
  const made = () => kept.filter((file) => file !== null);
  try {
    const answer = await invokeTool(offered.tool, { ...written(args, offered), ...offered.values }, context);
    for (const part of answer) if (part.kind === 'file') kept.push(await keepToolFile(parts, task, part));
    return { output: observe(answer, kept, { calls, shown: task.showsFiles }), made: made() };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof ToolError)) parts.onError(error);
    else if (error.message === UNEXPECTED) parts.onError(error.cause);
    return { output: failureOf(error), made: made() };
  }
}

/** What a model may write: what the author sets is not its to set, where the author has set nothing either. */
function written(args: Readonly<Record<string, unknown>>, { tool }: OfferedTool): Record<string, unknown> {
  return Object.fromEntries(Object.entries(args).filter(([name]) => !tool.authored.includes(name)));
}

function failureOf(error: unknown): string {
  if (!(error instanceof ToolError)) return 'tool invoke error: what the tool made could not be kept';
  switch (error.kind) {
    case 'arguments':
      return `tool parameters validation error: ${error.message}`;
    case 'credentials':
      return `Please check your tool provider credentials: ${error.message}`;
    case 'timeout':
    case 'failed':
      return `tool invoke error: ${error.message}`;
  }
}
