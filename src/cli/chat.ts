import { chatClient } from './chat-client.ts';
import { openChatServer } from './chat-server.ts';
import { CliError } from './cli-error.ts';
import { Conversation } from './conversation.ts';
import { readAppsFolder } from './read-apps-folder.ts';
import { readArguments } from './read-arguments.ts';

const USAGE = 'chat APP [--input NAME=VALUE]… [--url URL] [--key KEY]';
const OPTIONS = {
  input: { type: 'string', multiple: true },
  url: { type: 'string' },
  key: { type: 'string' },
} as const;

/** `parley chat APP`: with the server that runs, or with one of its own. */
export async function chat(argv: readonly string[]): Promise<void> {
  const { values, positionals, config } = readArguments(argv, OPTIONS, { min: 1, max: 1, usage: USAGE });
  const [app = ''] = positionals;
  const inputs = Object.fromEntries((values.input ?? []).map(readInput));
  if (values.url === undefined) {
    const known = (await readAppsFolder(config)).map(({ id }) => id);
    if (!known.includes(app)) {
      throw new CliError(
        `there is no app ${app} in ${config.appsDir}; there are: ${known.join(', ') || 'none'}`,
      );
    }
  }
  const server = await openChatServer(config, { app, url: values.url, key: values.key });
  try {
    await new Conversation(chatClient(server), inputs).run();
  } finally {
    await server.close();
  }
}

function readInput(text: string): [name: string, value: string] {
  const at = text.indexOf('=');
  if (at < 1) throw new CliError(`--input ${text}: expected NAME=VALUE\nusage: parley ${USAGE}`, 2);
  return [text.slice(0, at), text.slice(at + 1)];
}
