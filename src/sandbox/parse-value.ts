import { SandboxError } from './sandbox-error.ts';

/** Levels of arrays and objects in a result. Deeper ones exhaust the stack of whoever walks through them. */
const MAX_DEPTH = 500;

/**
 * The JSON that code returned, as a value.
 *
 * @throws SandboxError when it is no JSON, or is nested too deeply
 */
export function parseValue(json: string): unknown {
  if (depthOf(json) > MAX_DEPTH) {
    throw new SandboxError('error', `The result is nested deeper than ${MAX_DEPTH} levels.`);
  }
  try {
    // A Python int may have more digits than a double can stand for; few results have that many in a row.
    return /\d{309}/.test(json) ? JSON.parse(json, finite) : JSON.parse(json);
  } catch (cause) {
    if (cause instanceof SandboxError) throw cause;
    throw new SandboxError('error', 'The result is no JSON.', { cause });
  }
}

function finite(_key: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isFinite(value)) return value;
  throw new SandboxError(
    'error',
    'The result holds a number beyond 1.8e308, which JSON cannot be relied on to carry.',
  );
}

function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < json.length; at += 1) {
    switch (json[at]) {
      case '"':
        at = endOfText(json, at);
        break;
      case '[':
      case '{':
        depth += 1;
        if (depth > deepest) deepest = depth;
        break;
      case ']':
      case '}':
        depth -= 1;
    }
  }
  return deepest;
}

/** Where the string that begins at `start` ends. */
function endOfText(json: string, start: number): number {
  for (let at = json.indexOf('"', start + 1); at >= 0; at = json.indexOf('"', at + 1)) {
    let slashes = 0;
    while (json[at - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return json.length;
}
