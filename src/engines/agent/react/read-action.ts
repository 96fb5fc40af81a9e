import { isRecord } from '../../../config/is-record.ts';

/** What a ReAct model wants done: a tool by name, or `Final Answer`. */
export interface ReactAction {
  readonly name: string;
  readonly input: unknown;
}

const STRING = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"/g;

/**
 * Reads an action from JSON: a key with `input` in it holds the input, the other the name; a list of one stands for the
 * one (`facts/dify-dsl-engine.md` §8.5). Null for what is no action, or no JSON; line breaks inside of texts, which models
 * write and JSON forbids, are taken.
 */
export function readAction(json: string): ReactAction | null {
  let value = parsed(json) ?? parsed(json.replace(STRING, withEscapes));
  if (Array.isArray(value) && value.length === 1) [value] = value;
  if (!isRecord(value)) return null;
  let name = '';
  let input: unknown;
  for (const [key, inner] of Object.entries(value)) {
    if (key.toLowerCase().includes('input')) input = inner;
    else if (typeof inner === 'string') name = inner.trim();
  }
  return name === '' || input === undefined ? null : { name, input };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

function withEscapes(string: string): string {
  return string.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
}
