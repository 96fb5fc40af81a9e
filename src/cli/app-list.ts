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
  const rows = apps.map(({ id, mode, name, config: { model } }) => [
    id,
    mode,
    `${model.provider}/${model.name}`,
    name,
  ]);
  console.log(table(['ID', 'MODE', 'MODEL', 'NAME'], rows));
}
