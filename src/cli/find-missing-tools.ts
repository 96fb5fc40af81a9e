import type { App } from '../apps/app.ts';
import type { Config } from '../config/config.ts';
import { version } from '../config/version.ts';
import { appTools } from '../engines/app-tools.ts';
import { lackingTools, type MissingTool, missingTools } from '../engines/missing-tools.ts';
import { createOutbound } from '../outbound/create-outbound.ts';
import { AppSlots } from '../runs/app-slots.ts';
import { createSandbox } from '../sandbox/create-sandbox.ts';
import { settingsOf } from '../sandbox/settings-of.ts';
import { openTools } from '../tools/open-tools.ts';
import { dataSecret } from '../tools/openapi/data-secret.ts';
import { readAppsFolder } from './read-apps-folder.ts';

/** How long servers elsewhere may take to list their tools. */
const TIMEOUT_MS = 10_000;

/** A tool of an app that is missing, or cannot work. */
export interface ToolTrouble extends Pick<MissingTool, 'line' | 'problem'> {
  readonly app: App;
  /** The app is served all the same. */
  readonly warning: boolean;
}

/** What these apps name and a server with this configuration would lack, or could not call as it is configured. */
export async function findMissingTools(
  config: Config,
  apps: readonly App[],
): Promise<readonly ToolTrouble[]> {
  const outbound = createOutbound();
  const sandbox = createSandbox(settingsOf(config.sandbox));
  const served = await readAppsFolder(config).catch(() => []);
  const itsApps = appTools(
    { list: () => served },
    { engineOf: neverAsked, slots: new AppSlots(), timeoutMs: 0 },
  );
  const tell = (_facts: object, message: string) => console.error(message);
  const tools = await openTools(config, {
    outbound,
    sandbox,
    version,
    secret: () => dataSecret(config.dataDir),
    log: { info: () => {}, warn: tell, error: tell },
    others: [itsApps],
  });
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const found = await Promise.all(
      apps.map(async (app) => {
        const missing = await missingTools(tools, app, { signal });
        const lacking = lackingTools(tools, app);
        return [
          ...missing.map(({ ignored, ...tool }) => ({ ...tool, app, warning: ignored })),
          ...lacking.map((tool) => ({ ...tool, app, warning: true })),
        ];
      }),
    );
    return found.flat();
  } finally {
    await tools.close();
    await sandbox.close();
    await outbound.close();
  }
}

function neverAsked(): never {
  throw new Error('tools are only listed here');
}
