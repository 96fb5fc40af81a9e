import { Client, SdkHttpError, SseError } from '@modelcontextprotocol/client';
import { CfWorkerJsonSchemaValidator } from '@modelcontextprotocol/client/validators/cf-worker';
import type { McpServerConfig } from '../../config/config.ts';
import { seconds } from '../../outbound/seconds.ts';
import { ToolError } from '../tool-error.ts';
import { untilAborted } from '../until-aborted.ts';
import { asToolError } from './as-tool-error.ts';
import type { Channel } from './channel.ts';
import { httpChannel } from './http-channel.ts';
import { type McpConnection, mcpConnection } from './mcp-connection.ts';
import type { McpLimits } from './mcp-limits.ts';
import type { ServerWords } from './server-words.ts';
import { stdioChannel } from './stdio-channel.ts';

export interface OpenConnectionOptions {
  /** Guarded; for servers over HTTP. */
  readonly fetch: typeof globalThis.fetch;
  /** Parley's, for the server to know. */
  readonly version: string;
  readonly limits: McpLimits;
  readonly words: ServerWords;
  readonly onToolsChanged: () => void;
  /** Told of what goes on after a failure: a process that is ended takes its time. */
  readonly onClosing: (closing: Promise<void>) => void;
  readonly signal: AbortSignal;
}

/**
 * Opens a session with a server. Over HTTP in the protocol of today; when the server refuses that, in the one of
 * 2024-11-05 ("Backwards Compatibility" of the specification), or the other way round where the address ends in `/sse`.
 *
 * @throws ToolError; `signal.reason` on abort
 */
export async function openConnection(
  server: McpServerConfig,
  options: OpenConnectionOptions,
): Promise<McpConnection> {
  const { limits, words } = options;
  const deadline = AbortSignal.timeout(limits.connectMs);
  const signal = AbortSignal.any([options.signal, deadline]);
  let complaint = () => '';
  let first: unknown = null;
  for (const channelOf of waysTo(server, options)) {
    const channel = channelOf();
    complaint = channel.complaint;
    try {
      const client = await connect(channel, signal, options);
      return mcpConnection(client, channel, limits, words);
    } catch (error) {
      if (options.signal.aborted) throw options.signal.reason;
      if (deadline.aborted) throw tooLate(limits.connectMs, complaint());
      // The second way is a guess: what is wrong is said of the first.
      first ??= error;
      if (!isRefusal(error)) break;
    }
  }
  const error = asToolError(first, words);
  throw error instanceof ToolError ? error : new ToolError('failed', error.message, { cause: error });
}

function waysTo(
  server: McpServerConfig,
  { fetch, limits, words }: OpenConnectionOptions,
): readonly (() => Channel)[] {
  if (server.kind === 'stdio') return [() => stdioChannel(server, limits, words)];
  const url = URL.parse(server.url);
  if (url === null) throw new ToolError('failed', 'The address of the MCP server is not a valid URL.');
  const { headers } = server;
  const streamable = () => httpChannel('streamable', { url, headers, fetch }, limits);
  const sse = () => httpChannel('sse', { url, headers, fetch }, limits);
  return /\/sse\/?$/.test(url.pathname) ? [sse, streamable] : [streamable, sse];
}

async function connect(channel: Channel, signal: AbortSignal, options: OpenConnectionOptions) {
  const { transport } = channel;
  const client = new Client(
    { name: 'parley', version: options.version },
    // No sampling, no elicitation, no roots: a server gets nothing from here but calls of its tools. The validator is
    // named because the default one makes code of schemas.
    { capabilities: {}, jsonSchemaValidator: new CfWorkerJsonSchemaValidator() },
  );
  client.setNotificationHandler('notifications/tools/list_changed', () => options.onToolsChanged());
  try {
    const timeout = options.limits.connectMs * 2;
    await untilAborted(client.connect(transport, { signal, timeout }), signal);
    return client;
  } catch (error) {
    options.onClosing(transport.close());
    throw channel.takeFailure() ?? error;
  }
}

/** The specification names 400, 404 and 405; some servers answer 406 or 415 to what they do not know. */
function isRefusal(error: unknown): boolean {
  const status =
    error instanceof SdkHttpError ? error.status : error instanceof SseError ? (error.code ?? 0) : 0;
  return status >= 400 && status < 500 && status !== 429;
}

function tooLate(ms: number, complaint: string): ToolError {
  const text = `the MCP server did not answer within ${seconds(ms)}`;
  return new ToolError('timeout', complaint === '' ? text : `${text}: ${complaint}`);
}
