import { isRecord } from '../../../config/is-record.ts';

/** What a ReAct model wants done: a tool by name, or `Final Answer`. */
export interface ReactAction {
  readonly name: string;
  readonly input: unknown;
}

/**
 * Reads an action from JSON: a key with `input` in it holds the input, the other the name; a list of one stands for the
 * one (`facts/dify-dsl-engine.md` §8.5). Null for what is no action, or no JSON; line breaks inside of texts, which models
 * write and JSON forbids, are taken.
 */
export function readAction(json: string): ReactAction | null {
  let value = parsed(json) ?? parsed(escaped(json));
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

/** Control characters inside of texts as JSON wants them written; in one pass, for a text may be long and have no end. */
function escaped(json: string): string {
  let quoted = false;
  let written = '';
  let from = 0;
  for (let at = 0; at < json.length; at++) {
    const character = json[at] as string;
    if (character === '"') quoted = !quoted;
    else if (quoted && character === '\\') at++;
    else if (quoted && character < ' ') {
      written += json.slice(from, at) + JSON.stringify(character).slice(1, -1);
      from = at + 1;
    }
  }
  return written + json.slice(from);
}
