import type { AppConfig } from '../apps/app.ts';
import { readAppsFolder } from './read-apps-folder.ts';
import { readArguments } from './read-arguments.ts';
import { table } from './table.ts';

/** `parley app list` */
export async function appList(argv: readonly string[]): Promise<void> {
  const { config } = readArguments(argv, {}, { min: 0, max: 0, usage: 'app list' });
  const apps = await readAppsFolder(config);
  if (apps.length === 0) {
    console.log(`No apps in ${config.appsDir}`);
    return;
  }
  const rows = apps.map(({ id, mode, name, config }) => [id, mode, modelsOf(config), name]);
  console.log(table(['ID', 'MODE', 'MODEL', 'NAME'], rows));
}

/** Of a workflow with several, the first and how many more. */
function modelsOf({ model, workflow }: AppConfig): string {
  if (workflow === null) return `${model.provider}/${model.name}`;
  const [first, ...others] = new Set(workflow.models.map(({ provider, name }) => `${provider}/${name}`));
  if (first === undefined) return '-';
  return others.length === 0 ? first : `${first} +${others.length}`;
}
