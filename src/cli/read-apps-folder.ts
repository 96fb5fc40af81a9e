import type { App } from '../apps/app.ts';
import { AppFolder } from '../apps/app-folder.ts';
import type { Config } from '../config/config.ts';
import { readWorkflow } from '../engines/workflow/read-workflow.ts';
import { CliError } from './cli-error.ts';

/** The apps that a server with this configuration would serve, by id. Broken files are told on stderr. */
export async function readAppsFolder(config: Config): Promise<readonly App[]> {
  const tell = ({ file, line }: { file?: string; line?: number }, reason: string) =>
    file !== undefined && console.error(`${file}:${line ?? 1}: ${reason}`);
  const folder = new AppFolder({
    dir: config.appsDir,
    settings: config.appSettings,
    apiExtensions: config.apiExtensions,
    workflowReader: () => readWorkflow,
    log: { info: () => {}, warn: tell, error: tell },
  });
  try {
    await folder.look();
  } catch (error) {
    throw new CliError((error as Error).message);
  }
  return [...folder.apps.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}
