import { readFileSync } from 'node:fs';
import { type AppCheck, type AppNeeds, checkApp } from '../apps/check-app.ts';
import { CliError } from './cli-error.ts';
import { readArguments } from './read-arguments.ts';

/** `parley app check FILE…`: exit code 1 when a file would not be served. */
export async function appCheck(argv: readonly string[]): Promise<void> {
  const { positionals, config } = readArguments(
    argv,
    {},
    { min: 1, max: Number.POSITIVE_INFINITY, usage: 'app check FILE…' },
  );
  const checks = positionals.map((file) =>
    checkApp(read(file), file, { apiExtensions: config.apiExtensions }),
  );
  for (const check of checks) for (const line of report(check)) console.log(line);
  if (checks.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function report({ file, problems, warnings, needs }: AppCheck): string[] {
  return [
    ...problems.map(({ line, reason }) => `${file}:${line}: ${reason}`),
    ...warnings.map((warning) => `${warning} (warning)`),
    ...(needs
      ? [`${file}: ok`, ...needLines(needs).map(([what, value]) => `  ${what.padEnd(10)} ${value}`)]
      : []),
  ];
}

function needLines(needs: AppNeeds): [what: string, value: string][] {
  const { mode, provider, model, requiredInputs, files, moderation, speechToText, textToSpeech } = needs;
  const speech = [...(speechToText ? ['speech to text'] : []), ...(textToSpeech ? ['text to speech'] : [])];
  const lines: [string, readonly string[]][] = [
    ['mode', [mode]],
    ['model', [`${provider}/${model}`]],
    ['inputs', requiredInputs],
    ['files', files],
    ['moderation', moderation ? [moderation] : []],
    ['speech', speech],
  ];
  return lines.flatMap(([what, values]) => (values.length > 0 ? [[what, values.join(', ')]] : []));
}
