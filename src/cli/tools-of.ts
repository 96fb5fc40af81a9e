import type { Config } from '../config/config.ts';
import { version } from '../config/version.ts';
import { createOutbound } from '../outbound/create-outbound.ts';
import { createSandbox } from '../sandbox/create-sandbox.ts';
import { settingsOf } from '../sandbox/settings-of.ts';
import { type OpenToolsParts, openTools } from '../tools/open-tools.ts';
import { dataSecret } from '../tools/openapi/data-secret.ts';
import type { Tool } from '../tools/tool.ts';
import { CliError } from './cli-error.ts';

/** How long a server elsewhere may take to list its tools. */
const TIMEOUT_MS = 30_000;

/**
 * The tools of every provider that has this name. Where it is an MCP server, it is asked, which may mean to start it.
 *
 * @throws CliError when there is none, or it cannot be asked
 */
export async function toolsOf(
  name: string,
  config: Config,
  log: OpenToolsParts['log'],
): Promise<readonly Tool[]> {
  const outbound = createOutbound();
  const sandbox = createSandbox(settingsOf(config.sandbox));
  const secret = () => dataSecret(config.dataDir);
  const tools = await openTools(config, { outbound, sandbox, version, secret, log, others: [] });
  try {
    const providers = tools.providers().filter((provider) => provider.name === name);
    if (providers.length === 0) throw new CliError(`there is no tool ${name}; see parley tool list`);
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    return (await Promise.all(providers.map((provider) => provider.list({ signal })))).flat();
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`${name}: ${(error as Error).message}`);
  } finally {
    await tools.close();
    await sandbox.close();
    await outbound.close();
  }
}
