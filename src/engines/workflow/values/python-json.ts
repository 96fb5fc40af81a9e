import { pythonFloat, pythonInteger } from './python-float.ts';
import { inferType } from './type-of.ts';
import type { Value } from './value.ts';

/** `json.dumps(value, ensure_ascii=False)`: with a space after `,` and `:`, or indented, then with none after `,`. */
export function pythonJson(value: Value, indent = 0): string {
  return write(value, indent, '\n');
}

function write(value: Value, indent: number, line: string): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'boolean':
      return String(value);
    case 'number':
      return inferType(value) === 'integer' ? pythonInteger(value) : pythonFloat(value);
    default: {
      if (value === null) return 'null';
      const inner = line + ' '.repeat(indent);
      if (Array.isArray(value)) {
        return wrap(
          '[',
          value.map((item) => write(item, indent, inner)),
          ']',
        );
      }
      const entries = Object.entries(value);
      return wrap(
        '{',
        entries.map(([key, item]) => `${JSON.stringify(key)}: ${write(item, indent, inner)}`),
        '}',
      );
    }
  }

  function wrap(open: string, parts: readonly string[], close: string): string {
    if (parts.length === 0) return open + close;
    if (indent === 0) return open + parts.join(', ') + close;
    const inner = line + ' '.repeat(indent);
    return open + inner + parts.join(`,${inner}`) + line + close;
  }
}
