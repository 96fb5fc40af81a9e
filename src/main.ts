import { CliError } from './cli/cli-error.ts';
import { commands } from './cli/commands.ts';
import { help } from './cli/help.ts';
import { ConfigError } from './config/config-error.ts';
import { version } from './config/version.ts';

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(describe(error));
  // Not just the exit code: what a half-started server left open must not keep the process.
  process.exit(error instanceof CliError ? error.exitCode : 1);
}

async function main(argv: readonly string[]): Promise<void> {
  const [first, second] = argv;
  if (first === 'help' || first === '-h' || argv.includes('--help')) return console.log(help());
  if (first === '--version') return console.log(version);
  // Flags without a command are flags of `serve`.
  if (first === undefined || first.startsWith('-')) return run('serve', argv);
  if (Object.hasOwn(commands, first)) return run(first, argv.slice(1));
  const pair = `${first} ${second}`;
  if (Object.hasOwn(commands, pair)) return run(pair, argv.slice(2));
  throw new CliError(`unknown command: ${argv.slice(0, 2).join(' ')}\n\n${help()}`, 2);
}

async function run(name: string, argv: readonly string[]): Promise<void> {
  const execute = await commands[name]?.load();
  await execute?.(argv);
}

/** What is wrong with the world in words; what is wrong with Parley with its stack. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE' || (code === 'EACCES' && syscall === 'listen')) {
    return `${error.message}\nAnother program has the port; choose one with --port (--coze-port), or 0 for any free one.`;
  }
  const isBug = [TypeError, ReferenceError, RangeError, SyntaxError].some((type) => error instanceof type);
  return isBug && !(error instanceof ConfigError) ? (error.stack ?? error.message) : error.message;
}
