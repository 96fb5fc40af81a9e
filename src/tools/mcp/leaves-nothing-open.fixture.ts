/**
 * `node leaves-nothing-open.fixture.ts SERVER [close]`: lists the tools of a server (a `McpServerConfig` as JSON), and then
 * has nothing to do any more.
 */
import { createOutbound } from '../../outbound/create-outbound.ts';
import { mcpProvider } from './mcp-provider.ts';

const [config = '', close] = process.argv.slice(2);
const outbound = createOutbound();
const provider = mcpProvider(
  { name: 'server', timeoutMs: null, kind: 'mcp', server: JSON.parse(config) },
  { outbound, version: '1' },
);
const tools = await provider.list({ signal: new AbortController().signal });
console.log(tools.length);
if (close === 'close') await provider.close();
