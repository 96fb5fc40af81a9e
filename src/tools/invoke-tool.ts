import { OutboundError } from '../outbound/outbound-error.ts';
import { SandboxError } from '../sandbox/sandbox-error.ts';
import { fitArguments } from './fit-arguments.ts';
import type { Tool, ToolContext } from './tool.ts';
import { ToolError } from './tool-error.ts';
import type { ToolPart } from './tool-part.ts';

const TIMEOUT_MS = 60_000;

/** What is told of a defect in a tool; its `cause` is the defect. */
export const UNEXPECTED = 'the tool failed unexpectedly';

/**
 * Calls a tool: with arguments that fit, within its time, and not a moment longer than the run. A tool that does not let
 * go when it is stopped is left behind.
 *
 * @throws ToolError; `context.signal.reason` on abort
 */
export async function invokeTool(
  tool: Tool,
  given: Readonly<Record<string, unknown>>,
  context: ToolContext,
): Promise<readonly ToolPart[]> {
  const args = fitArguments(tool.parameters, given);
  context.signal.throwIfAborted();
  const timeoutMs = tool.timeoutMs ?? TIMEOUT_MS;
  const controller = new AbortController();
  const { signal } = controller;
  const abort = () => controller.abort(context.signal.reason);
  context.signal.addEventListener('abort', abort);
  const timer = setTimeout(() => controller.abort(timedOut(timeoutMs)), timeoutMs);
  const aborted = Promise.withResolvers<never>();
  // Also when nobody waits for it: a tool may throw, and in doing so have the run stopped.
  aborted.promise.catch(() => {});
  signal.addEventListener('abort', () => aborted.reject(signal.reason));
  try {
    const invoked = tool.invoke(args, { ...context, signal });
    return await Promise.race([invoked, aborted.promise]);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw asToolError(error);
  } finally {
    clearTimeout(timer);
    context.signal.removeEventListener('abort', abort);
  }
}

function timedOut(timeoutMs: number): ToolError {
  const time = timeoutMs < 1000 ? `${timeoutMs} ms` : `${timeoutMs / 1000} s`;
  return new ToolError('timeout', `the tool did not answer within ${time}`);
}

function asToolError(error: unknown): ToolError {
  if (error instanceof ToolError) return error;
  if (error instanceof OutboundError)
    return new ToolError(error.kind === 'timeout' ? 'timeout' : 'failed', error.message, { cause: error });
  if (error instanceof SandboxError) {
    const printed = error.output === '' ? '' : `\nWhat it had printed:\n${error.output}`;
    return new ToolError(error.kind === 'timeout' ? 'timeout' : 'failed', error.message + printed, {
      cause: error,
    });
  }
  return new ToolError('failed', UNEXPECTED, { cause: error });
}
