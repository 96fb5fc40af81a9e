import { commands } from './commands.ts';

/** What `parley help` prints. */
export function help(): string {
  const rows = [
    ...Object.values(commands).map(({ usage, summary }) => ({ usage: `parley ${usage}`, summary })),
    { usage: 'parley help, parley --version', summary: 'This text; the version' },
  ];
  const width = Math.max(...rows.map(({ usage }) => usage.length).filter((length) => length < 40));
  const lines = rows.map(({ usage, summary }) =>
    usage.length > width
      ? `  ${usage}\n  ${' '.repeat(width)}  ${summary}`
      : `  ${usage.padEnd(width)}  ${summary}`,
  );
  return [
    'Parley serves LLM apps, written as Dify DSL files, over the Dify Service API and the Coze Open API.',
    '',
    ...lines,
    '',
    'Every command takes --config FILE (parley.yml), --data DIR (data), --apps DIR (examples) and --tools DIR (tools),',
    'also as the environment variables PARLEY_CONFIG, PARLEY_DATA, PARLEY_APPS and PARLEY_TOOLS.',
  ].join('\n');
}
