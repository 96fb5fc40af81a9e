import { ToolError, type ToolFailure } from '../../../tools/tool-error.ts';
import { NodeError } from '../node-error.ts';

/** Names of Dify's errors. */
const TYPES: Readonly<Record<ToolFailure, string>> = {
  arguments: 'ToolParameterError',
  credentials: 'ToolProviderCredentialValidationError',
  timeout: 'ToolInvokeError',
  failed: 'ToolInvokeError',
};

/** How a tool failed its node, in Dify's words (`facts/dify-dsl-engine.md` §4.16); what is no failure of a tool stays as it is. */
export function toolFailure(error: unknown, provider: string): unknown {
  if (!(error instanceof ToolError)) return error;
  const message = `Failed to invoke tool ${provider}: ${error.message}`;
  return new NodeError(TYPES[error.kind], message, { cause: error });
}

/** The same for a tool that cannot be had. */
export function toolMissing(error: unknown): unknown {
  if (!(error instanceof ToolError)) return error;
  return new NodeError('ToolNodeError', `Failed to get tool runtime: ${error.message}`, { cause: error });
}
