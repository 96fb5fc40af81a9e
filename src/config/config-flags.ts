/** Flags of every `parley` command that needs the configuration; `node:util` parseArgs takes them as `options`. */
export const CONFIG_FLAGS = {
  config: { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
  'coze-port': { type: 'string' },
  data: { type: 'string' },
  apps: { type: 'string' },
  tools: { type: 'string' },
} as const;
