import type { ToolCall } from '../../models/chat-model.ts';
import { parseToolArguments } from '../../models/parse-tool-arguments.ts';
import type { RunFile } from '../../runs/run-file.ts';
import type { ToolUse } from '../../runs/thought.ts';
import { fitArguments } from '../../tools/fit-arguments.ts';
import { invokeTool, UNEXPECTED } from '../../tools/invoke-tool.ts';
import type { ToolContext } from '../../tools/tool.ts';
import { ToolError } from '../../tools/tool-error.ts';
import type { ToolPart } from '../../tools/tool-part.ts';
import { boundedArguments } from './bounded-arguments.ts';
import { observe } from './observe.ts';
import type { OfferedTool } from './offered-tools.ts';

type Offered = ReadonlyMap<string, OfferedTool>;

/** What calls of tools need of whoever has them made. */
export interface ToolCaller {
  /** By the names that the model knows. */
  readonly offered: Offered;
  readonly context: ToolContext;
  /** Whether the end user gets files where the answer goes. */
  readonly showsFiles: boolean;
  /** Keeps a file that a tool has made; null: none is kept here. */
  keepFile(file: Extract<ToolPart, { kind: 'file' }>): Promise<Pick<RunFile, 'id' | 'filename'> | null>;
  /** Hears of defects that the run survives. */
  readonly onError: (error: unknown) => void;
  /** Hears when a call begins, and how it ends unless the run is stopped; its `output` stands in `use` then. */
  readonly onCall?: (use: ToolUse, state: 'begun' | 'answered' | 'failed') => void;
}

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
  caller: ToolCaller,
  uses: readonly ToolUse[],
): Promise<{ readonly uses: readonly ToolUse[]; readonly files: readonly string[] }> {
  const files: string[] = [];
  const answer = async (use: ToolUse): Promise<ToolUse> => {
    const tool = caller.offered.get(use.name);
    if (use.executedBy === 'caller') return { ...use, output: tool ? problemFor(tool, use) : null };
    caller.onCall?.(use, 'begun');
    const { output, made, failed = false } = await call(caller, tool, use, uses.length);
    files.push(...made);
    const answered = { ...use, output };
    caller.onCall?.(answered, failed ? 'failed' : 'answered');
    return answered;
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

/**
 * Texts of what went wrong begin as in `facts/dify-dsl-engine.md` §8.4.
 *
 * @param calls in the same round
 * @returns what the model is told, and ids of the files that were made
 */
async function call(
  caller: ToolCaller,
  offered: OfferedTool | undefined,
  use: ToolUse,
  calls: number,
): Promise<{ readonly output: string; readonly made: readonly string[]; readonly failed?: true }> {
  if (!offered) return { output: `there is not a tool named ${use.name}`, made: [], failed: true };
  const args = parseToolArguments(use.arguments);
  if (args === null) return { output: MALFORMED, made: [], failed: true };
  const kept: (Pick<RunFile, 'id' | 'filename'> | null)[] = [];
  const made = () => kept.flatMap((file) => file?.id ?? []);
  try {
    const given = { ...written(args, offered), ...offered.values };
    const answer = await invokeTool(offered.tool, given, caller.context);
    for (const part of answer) if (part.kind === 'file') kept.push(await caller.keepFile(part));
    return { output: observe(answer, kept, { calls, shown: caller.showsFiles }), made: made() };
  } catch (error) {
    caller.context.signal.throwIfAborted();
    if (!(error instanceof ToolError)) caller.onError(error);
    else if (error.message === UNEXPECTED) caller.onError(error.cause);
    return { output: failureOf(error), made: made(), failed: true };
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
