import { flushCompileCache } from 'node:module';
import { curlLine } from '../apps/curl-line.ts';
import { loadConfig } from '../config/load-config.ts';
import { createLog } from '../operations/create-log.ts';
import { releaseStartupMemory } from '../operations/release-startup-memory.ts';
import { type ParleyServer, startServer } from '../server.ts';
import { keepServerAddress } from './server-address.ts';

/** Ctrl-C under npm comes twice, from the terminal and from npm: that is one signal, not impatience. */
const SAME_SIGNAL_MS = 500;

/** `parley serve`: runs until SIGTERM or SIGINT, then drains; a second signal ends at once. */
export async function serve(argv: readonly string[]): Promise<void> {
  const config = loadConfig({ argv, env: process.env, cwd: process.cwd() });
  const log = createLog(config.logLevel);
  const server = await startServer(config, log);
  // Now, not at the end: a server that is killed would leave the next one to compile everything again.
  flushCompileCache();
  releaseStartupMemory();
  // One request's defect must not end everybody's answers.
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
  const forgetAddress = keepServerAddress(config.dataDir, server.url);
  let endingSince: number | null = null;
  const end = (signal: string) => {
    if (endingSince !== null) {
      if (performance.now() - endingSince >= SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    endingSince = performance.now();
    log.info({ signal }, 'draining');
    forgetAddress();
    server.close().then(
      () => process.exit(0),
      (error) => {
        log.fatal({ err: error }, 'could not shut down cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', end).on('SIGINT', end);

  // Last: whoever waits for the line may send a signal as soon as it is there.
  const configured = new Set(config.keys.map(({ app }) => app));
  for (const line of welcome(server, configured)) console.log(line);
  console.log(`listening on ${server.url}`);
}

/** Keys of the configuration are not shown: their owner knows them, and this goes into logs. */
function welcome(
  { apps, keys, url, cozeUrl, demo }: ParleyServer,
  configured: ReadonlySet<string>,
): string[] {
  const lines = [
    '',
    `Parley serves ${apps.length} app${apps.length === 1 ? '' : 's'} over the Dify Service API at ${url}/v1`,
    `and the Coze Open API at ${cozeUrl ?? `${url}/coze`}; for a token: npm run parley -- key create --coze`,
  ];
  if (demo) {
    lines.push(
      'No model provider is configured: the built-in demo model answers. Set OPENAI_API_KEY (or see README) for a real one.',
    );
  }
  for (const app of apps) {
    const key = configured.has(app.id) ? undefined : keys.get(app.id);
    lines.push('', `  ${app.id} (${app.mode}): ${app.name}`);
    lines.push(
      `  key   ${key ?? `made earlier and not kept; make another: npm run parley -- key create --app ${app.id}`}`,
    );
    lines.push(`  try   ${curlLine(url, app, key ?? 'YOUR-KEY')}`);
  }
  lines.push('');
  return lines;
}
