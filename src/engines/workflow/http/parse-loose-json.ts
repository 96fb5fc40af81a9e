import { parse } from 'yaml';

/**
 * JSON that a template has made, also when it is slightly broken, as variables filled into it break it: line breaks and
 * quotes within strings, a comma too many, single quotes, names without quotes, Python's `True` and `None`. Undefined: not
 * even that.
 */
export function parseLooseJson(text: string): { readonly value: unknown } | undefined {
  return strict(text) ?? strict(withEscapes(text)) ?? loose(withEscapes(withoutPython(text)));
}

function strict(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Characters; a YAML parser takes its time. */
const MOST_LOOSE = 200_000;

/** YAML's flow style is JSON with fewer rules. Only what looks like an object or a list is given to it. */
function loose(text: string): { readonly value: unknown } | undefined {
  if (!/^\s*[[{]/.test(text) || text.length > MOST_LOOSE) return undefined;
  try {
    const value: unknown = parse(text, { merge: false, maxAliasCount: 0, logLevel: 'error' });
    return JSON.stringify(value) === undefined ? undefined : { value };
  } catch {
    return undefined;
  }
}

const CONTROLS: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
};

/** A quote ends its string only where something of JSON follows it. */
function withEscapes(text: string): string {
  let mended = '';
  let inside = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] as string;
    if (!inside) {
      inside = character === '"';
      mended += character;
    } else if (character === '\\') {
      mended += character + (text[at + 1] ?? '');
      at += 1;
    } else if (character === '"') {
      inside = !/[,:}\]]/.test(nextVisible(text, at + 1) ?? ',');
      mended += inside ? '\\"' : character;
    } else mended += CONTROLS[character] ?? character;
  }
  return mended;
}

function nextVisible(text: string, from: number): string | undefined {
  let at = from;
  while (at < text.length && ' \n\r\t'.includes(text[at] as string)) at += 1;
  return text[at];
}

function withoutPython(text: string): string {
  return text.replace(/([[:,]\s*)(True|False|None)(?=\s*[,\]}])/g, (_, before: string, word: string) => {
    return before + (word === 'None' ? 'null' : word.toLowerCase());
  });
}
