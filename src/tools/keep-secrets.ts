import { isRecord } from '../config/is-record.ts';
import type { Tool } from './tool.ts';
import type { ToolPart } from './tool-part.ts';
import type { ToolProvider } from './tool-provider.ts';

/** What is shorter can be an ordinary word of an answer. */
const SHORTEST = 16;
const HIDDEN = '***';

/**
 * The same provider, whose answers have stars where they repeat what the owner has given it in confidence: models, and
 * with them end users, get whatever a service says, and some say what they were sent. Errors are the provider's to clean.
 */
export function keepSecrets(provider: ToolProvider, given: readonly string[]): ToolProvider {
  const secrets = [...new Set(given.filter((secret) => secret.length >= SHORTEST).flatMap(formsOf))]
    // A part of one may be another.
    .toSorted((a, b) => b.length - a.length);
  if (secrets.length === 0) return provider;
  const hide = (text: string) => secrets.reduce((clean, secret) => clean.replaceAll(secret, HIDDEN), text);
  const kept = new WeakMap<Tool, Tool>();
  const keep = (tool: Tool): Tool => {
    const known = kept.get(tool) ?? {
      ...tool,
      invoke: async (args, context) => (await tool.invoke(args, context)).map((part) => clean(part, hide)),
    };
    kept.set(tool, known);
    return known;
  };
  return {
    ...provider,
    known: () => provider.known()?.map(keep) ?? null,
    list: async (options) => (await provider.list(options)).map(keep),
  };
}

/** As it may stand in a text, an address and JSON. */
function formsOf(secret: string): readonly string[] {
  return [secret, encodeURIComponent(secret.toWellFormed()), JSON.stringify(secret).slice(1, -1)];
}

function clean(part: ToolPart, hide: (text: string) => string): ToolPart {
  switch (part.kind) {
    case 'text':
      return { kind: 'text', text: hide(part.text) };
    case 'link':
      return { kind: 'link', url: hide(part.url) };
    case 'json':
      return { kind: 'json', value: cleanJson(part.value, hide) };
    case 'file':
      return { ...part, filename: hide(part.filename) };
  }
}

function cleanJson(value: unknown, hide: (text: string) => string): unknown {
  if (typeof value === 'string') return hide(value);
  if (Array.isArray(value)) return value.map((item) => cleanJson(item, hide));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [hide(key), cleanJson(item, hide)]));
}
