import { removeTool } from '../tools/openapi/added-tools.ts';
import { CliError } from './cli-error.ts';
import { readArguments } from './read-arguments.ts';

/** `parley tool remove NAME`, of one that `parley tool add` added. */
export async function toolRemove(argv: readonly string[]): Promise<void> {
  const { positionals, config } = readArguments(argv, {}, { min: 1, max: 1, usage: 'tool remove NAME' });
  const [name = ''] = positionals;
  if (removeTool(config.dataDir, name)) {
    console.log(`removed ${name}`);
    return;
  }
  const hint = config.tools.some((tool) => tool.name === name)
    ? 'take it out of parley.yml, where it is'
    : 'see parley tool list';
  throw new CliError(`no tool ${name} was added; ${hint}`);
}
