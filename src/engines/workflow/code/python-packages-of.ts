import { PYTHON_MODULES } from './python-modules.ts';

const IMPORT =
  /(?:^|[;:])[^\S\n]*(?:import[^\S\n]+(?<names>[^\n;]+)|from[^\S\n]+(?<from>[\w.]+)[^\S\n]+import\b)/gm;

/**
 * The packages that Python code imports anywhere in it, by the names that it imports them under, beside what Python has
 * itself. Read, not executed: what a name in a string leads to stays unknown.
 *
 * @example pythonPackagesOf('import json, numpy as np\nfrom PIL.Image import open') // ['numpy', 'PIL']
 */
export function pythonPackagesOf(code: string): readonly string[] {
  const found = new Set<string>();
  for (const { groups } of plainText(code).matchAll(IMPORT)) {
    const modules = groups?.from === undefined ? (groups?.names ?? '').split(',') : [groups.from];
    for (const module of modules) {
      const name = /^\s*([\p{L}_][\p{L}\p{N}_]*)/u.exec(module)?.[1];
      if (name !== undefined && !name.startsWith('_') && !PYTHON_MODULES.has(name)) found.add(name);
    }
  }
  return [...found];
}

/** Without comments and what stands in strings, lines that go on in one. */
function plainText(code: string): string {
  const kept: string[] = [];
  let from = 0;
  for (let at = 0; at < code.length; ) {
    const char = code[at];
    if (char !== '#' && char !== '"' && char !== "'" && char !== '\\') {
      at += 1;
      continue;
    }
    kept.push(code.slice(from, at));
    if (char === '#') at = endOf(code, '\n', at);
    else if (char === '\\') {
      at += code.startsWith('\r\n', at + 1) ? 3 : 2;
      kept.push(' ');
    } else {
      at = endOfString(code, char, at);
      kept.push("''");
    }
    from = at;
  }
  kept.push(code.slice(from));
  return kept.join('').replaceAll('\r', '\n');
}

function endOf(code: string, mark: string, from: number): number {
  const at = code.indexOf(mark, from);
  return at === -1 ? code.length : at;
}

/** Where a string that begins at `start` is over. One without an end goes up to that of its line, or of the code. */
function endOfString(code: string, quote: string, start: number): number {
  const isLong = code.startsWith(quote.repeat(3), start);
  const mark = isLong ? quote.repeat(3) : quote;
  for (let at = start + mark.length; at < code.length; at += 1) {
    if (code[at] === '\\') at += 1;
    else if (code.startsWith(mark, at)) return at + mark.length;
    else if (!isLong && code[at] === '\n') return at;
  }
  return code.length;
}
