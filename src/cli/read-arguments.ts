import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import type { Config } from '../config/config.ts';
import { CONFIG_FLAGS } from '../config/config-flags.ts';
import { loadConfig } from '../config/load-config.ts';
import { CliError } from './cli-error.ts';

type Values<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options; allowPositionals: true; strict: true }>
>['values'];

export interface Arguments<Options extends ParseArgsOptionsConfig> {
  /** Flags of the command itself. */
  readonly values: Values<Options>;
  readonly positionals: readonly string[];
  /** The configuration that `serve` would have with the same flags. */
  readonly config: Config;
}

/**
 * Arguments of a command: its own flags, those of the configuration, and words.
 *
 * @throws CliError for what the command does not know
 * @throws ConfigError
 */
export function readArguments<Options extends ParseArgsOptionsConfig>(
  argv: readonly string[],
  options: Options,
  positionals: { readonly min: number; readonly max: number; readonly usage: string },
): Arguments<Options> {
  const { min, max, usage } = positionals;
  const { tokens, ...given } = parse(argv, { ...CONFIG_FLAGS, ...options }, usage);
  if (given.positionals.length < min || given.positionals.length > max)
    throw new CliError(`usage: parley ${usage}`, 2);
  const configFlags = tokens.flatMap((token) =>
    token.kind === 'option' && Object.hasOwn(CONFIG_FLAGS, token.name) && token.value !== undefined
      ? [`--${token.name}=${token.value}`]
      : [],
  );
  return {
    values: given.values as Values<Options>,
    positionals: given.positionals,
    config: loadConfig({ argv: configFlags, env: process.env, cwd: process.cwd() }),
  };
}

function parse(argv: readonly string[], options: ParseArgsOptionsConfig, usage: string) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true, tokens: true });
  } catch (error) {
    const [reason] = (error as Error).message.split('. ');
    throw new CliError(`${reason}\nusage: parley ${usage}`, 2);
  }
}
