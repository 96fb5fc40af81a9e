/** A command of `parley`; its code is loaded only when it is called. */
export interface Command {
  /** What stands after `parley`. */
  readonly usage: string;
  readonly summary: string;
  load(): Promise<(argv: readonly string[]) => Promise<void>>;
}

/** By name, of one or two words. */
export const commands: Readonly<Record<string, Command>> = {
  serve: {
    usage: 'serve [--host H] [--port P] [--coze-port P]',
    summary: 'Serve the apps until SIGTERM or Ctrl-C',
    load: async () => (await import('./serve.ts')).serve,
  },
  'app list': {
    usage: 'app list',
    summary: 'List the apps of the apps folder',
    load: async () => (await import('./app-list.ts')).appList,
  },
  'app check': {
    usage: 'app check FILE…',
    summary: 'Check DSL files and say what they need',
    load: async () => (await import('./app-check.ts')).appCheck,
  },
  'key create': {
    usage: 'key create --app ID | --coze [--bots ID,ID] [--scopes NAME,NAME]',
    summary: 'Make a key for an app, or an access token of the Coze API; it is shown this once',
    load: async () => (await import('./key-create.ts')).keyCreate,
  },
  'key list': {
    usage: 'key list',
    summary: 'List the keys and access tokens',
    load: async () => (await import('./key-list.ts')).keyList,
  },
  'key revoke': {
    usage: 'key revoke ID',
    summary: 'Revoke a key or access token; it stops working within five seconds',
    load: async () => (await import('./key-revoke.ts')).keyRevoke,
  },
  'tool add': {
    usage:
      "tool add NAME DOCUMENT [--bearer TOKEN] [--header 'NAME: VALUE']… [--query NAME=VALUE]… [--base-url URL]",
    summary: 'Make the operations of an OpenAPI document tools, and keep its credentials encrypted',
    load: async () => (await import('./tool-add.ts')).toolAdd,
  },
  'tool list': {
    usage: 'tool list [NAME]',
    summary: 'List the tools that are configured, added, or in the tools folder, or those of one of them',
    load: async () => (await import('./tool-list.ts')).toolList,
  },
  'tool remove': {
    usage: 'tool remove NAME',
    summary: 'Remove a tool that was added; a running server notices within seconds',
    load: async () => (await import('./tool-remove.ts')).toolRemove,
  },
  chat: {
    usage: 'chat APP [--input NAME=VALUE]… [--url URL] [--key KEY]',
    summary: 'Talk to an app; Ctrl-C stops the answer, twice leaves',
    load: async () => (await import('./chat.ts')).chat,
  },
};
