import { isRecord } from '../../../config/is-record.ts';
import { parseLooseJson } from '../http/parse-loose-json.ts';
import { NodeError } from '../node-error.ts';
import type { Value } from '../values/value.ts';

/** A server that an agent node names. */
export interface McpServer {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For one call; null: the default. */
  readonly timeoutMs: number | null;
}

const MAX_SERVERS = 20;
const MAX_TIMEOUT_S = 600;

/**
 * MCP servers as agents name them: an address, or JSON `{ "name": { "url", "headers", "timeout", "sse_read_timeout" } }`,
 * also within `mcpServers`, or of one server without its name. Which transport a server speaks is found out.
 *
 * @throws NodeError for anything else
 */
export function readMcpServers(value: Value): readonly McpServer[] {
  const text = typeof value === 'string' ? value.trim() : '';
  if (value === null || value === '' || (typeof value === 'string' && text === '')) return [];
  if (URL.canParse(text)) return [serverOf(null, { url: text })];
  const read = typeof value === 'string' ? parseLooseJson(text)?.value : value;
  if (!isRecord(read)) throw wrong('it is neither an address nor a JSON object');
  if (typeof read.url === 'string') return [serverOf(null, read)];
  const named = Object.entries(isRecord(read.mcpServers) ? read.mcpServers : read);
  if (named.length > MAX_SERVERS) throw wrong(`it names more than ${MAX_SERVERS} servers`);
  return named.map(([name, server]) => serverOf(name, server));
}

function serverOf(name: string | null, given: unknown): McpServer {
  const shown = name ?? 'the server';
  if (!isRecord(given)) throw wrong(`${shown} is no object`);
  const { url, headers, timeout, sse_read_timeout } = given;
  if (typeof url !== 'string') throw wrong(`${shown} has no url; commands are not started for apps`);
  const address = URL.parse(url.trim());
  if (address === null || !/^https?:$/.test(address.protocol))
    throw wrong(`the url of ${shown} is no http address`);
  return {
    name: name ?? address.host,
    url: address.href,
    headers: headersOf(headers),
    timeoutMs: timeoutOf(sse_read_timeout ?? timeout),
  };
}

function headersOf(given: unknown): Record<string, string> {
  if (!isRecord(given)) return {};
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : [],
    ),
  );
}

function timeoutOf(given: unknown): number | null {
  const seconds = Number(given ?? 0);
  return seconds > 0 ? Math.min(seconds, MAX_TIMEOUT_S) * 1000 : null;
}

function wrong(problem: string): NodeError {
  return new NodeError('AgentInputError', `The MCP server of the agent cannot be read: ${problem}.`);
}
