import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError, SseError } from '@modelcontextprotocol/client';
import { isRecord } from '../../config/is-record.ts';
import { OutboundError } from '../../outbound/outbound-error.ts';
import { ToolError } from '../tool-error.ts';
import { STREAM_ENDED } from './scoped-transport.ts';
import type { ServerWords } from './server-words.ts';
import { SessionLostError } from './session-lost-error.ts';

/** What went wrong between us and a server, in words for models and authors. */
export function asToolError(error: unknown, words: ServerWords): ToolError | SessionLostError {
  if (error instanceof ToolError || error instanceof SessionLostError) return error;
  if (error instanceof OutboundError)
    return new ToolError(error.kind === 'timeout' ? 'timeout' : 'failed', error.message, { cause: error });
  return new ToolError('failed', describe(error, words), { cause: error });
}

function describe(error: unknown, words: ServerWords): string {
  if (error instanceof ProtocolError) {
    if (error.code === STREAM_ENDED) return LOST;
    return `the MCP server answered with an error: ${words(error.message)}`;
  }
  if (error instanceof SdkHttpError) return withReason(error.status, words(reasonOf(error.data.text)));
  if (error instanceof SseError && error.code !== undefined) {
    return error.code === 200 ? NOT_MCP : withReason(error.code, '');
  }
  if (error instanceof SdkError) {
    const { code } = error;
    const lost = code === SdkErrorCode.ConnectionClosed || code === SdkErrorCode.NotConnected;
    return lost ? LOST : NOT_MCP;
  }
  // What the SDK itself finds wrong, e.g. an unknown version of the protocol. Errors of other classes come from
  // beneath, and may tell anything.
  if (error instanceof Error && error.constructor === Error) return `the MCP server: ${words(error.message)}`;
  return NOT_MCP;
}

const LOST = 'the connection to the MCP server was lost before it answered';
const NOT_MCP = 'the MCP server sent what is not MCP';

function withReason(status: number | undefined, reason: string): string {
  return `the MCP server answered with the status ${status}${reason === '' ? '' : `: ${reason}`}`;
}

/** The message of a JSON-RPC error, or a short text; pages of HTML say nothing. */
function reasonOf(text: unknown): string {
  if (typeof text !== 'string') return '';
  try {
    const body: unknown = JSON.parse(text);
    const error = isRecord(body) && isRecord(body.error) ? body.error : {};
    return typeof error.message === 'string' ? error.message : '';
  } catch {
    return text.trimStart().startsWith('<') ? '' : text;
  }
}
