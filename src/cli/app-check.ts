import { readFileSync } from 'node:fs';
import { parse } from 'node:path';
import { type AppCheck, type AppNeeds, checkApp } from '../apps/check-app.ts';
import { toolRefsOf } from '../apps/tool-refs.ts';
import { readWorkflow } from '../engines/workflow/read-workflow.ts';
import { CliError } from './cli-error.ts';
import { findLacks } from './find-lacks.ts';
import { findMissingTools } from './find-missing-tools.ts';
import { readArguments } from './read-arguments.ts';

/** `parley app check FILE…`: exit code 1 when a file would not be served, or its runs refused. */
export async function appCheck(argv: readonly string[]): Promise<void> {
  const { positionals, config } = readArguments(
    argv,
    {},
    { min: 1, max: Number.POSITIVE_INFINITY, usage: 'app check FILE…' },
  );
  const checks = positionals.map((file) => {
    const settings = config.appSettings[parse(file).name];
    const { apiExtensions } = config;
    return checkApp(read(file), file, { apiExtensions, readWorkflow, ...(settings && { settings }) });
  });
  const callers = checks.flatMap(({ app }) => (app && toolRefsOf(app.config).length > 0 ? [app] : []));
  const missing = callers.length > 0 ? await findMissingTools(config, callers) : [];
  for (const check of checks) {
    const lacks = missing.filter(({ app }) => app === check.app);
    for (const line of report(check)) console.log(line);
    for (const { line, problem, warning } of lacks)
      console.log(`${check.file}:${line}: ${problem}${warning ? ' (warning)' : ''}`);
    for (const { line, problem } of check.app ? await findLacks(config, check.app) : [])
      console.log(`${check.file}:${line === null ? '' : `${line}:`} ${problem} (warning)`);
    if (check.problems.length > 0 || lacks.some(({ warning }) => !warning)) process.exitCode = 1;
  }
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
  const { mode, models, requiredInputs, files, moderation, speechToText, textToSpeech } = needs;
  const speech = [...(speechToText ? ['speech to text'] : []), ...(textToSpeech ? ['text to speech'] : [])];
  const lines: [string, readonly string[]][] = [
    ['mode', [mode]],
    [models.length > 1 ? 'models' : 'model', models],
    ['tools', needs.tools],
    ['datasets', needs.datasets],
    ['packages', needs.packages],
    ['env', needs.environment.map(({ name, secret }) => (secret ? `${name} (secret)` : name))],
    ['inputs', requiredInputs],
    ['files', files],
    ['moderation', moderation ? [moderation] : []],
    ['speech', speech],
  ];
  return lines.flatMap(([what, values]) => (values.length > 0 ? [[what, values.join(', ')]] : []));
}
