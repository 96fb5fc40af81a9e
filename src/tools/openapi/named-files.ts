import type { Config } from '../../config/config.ts';
import { configuredEntries } from './configured-entries.ts';

/** The documents that `parley.yml` names by their paths; in the tools' folder they are not found a second time. */
export function namedFiles(config: Pick<Config, 'tools' | 'toolSecrets'>): readonly string[] {
  return configuredEntries(config).flatMap(({ document }) =>
    document.kind === 'file' ? [document.path] : [],
  );
}
