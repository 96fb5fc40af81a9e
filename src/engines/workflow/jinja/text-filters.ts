import type { Filter } from './engine.ts';
import { formatPercent } from './format-percent.ts';
import { itemsOf } from './iterate.ts';
import { charactersOf, lengthOf, reprOf, strOf } from './jinja-text.ts';
import { type JinjaValue, numberOf, Tuple } from './jinja-value.ts';
import { capitalized, centered, replaced, strip } from './text-methods.ts';
import { toFixed } from './to-fixed.ts';
import { toJson } from './to-json.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' },
};

const escaped: Filter = (value, _, { budget }) =>
  budget.text(strOf(value).replace(/[&<>"']/g, (character) => ESCAPES[character] as string));

const urlencoded = (text: string, safe: string): string =>
  encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', safe);

/** Jinja2's filters that make text. */
export const textFilters: Readonly<Record<string, Filter>> = {
  upper: (value) => strOf(value).toUpperCase(),
  lower: (value) => strOf(value).toLowerCase(),
  capitalize: (value) => capitalized(strOf(value)),
  title: (value) =>
    strOf(value)
      .split(/([-\s({[<]+)/)
      .map((part) => (part === '' ? '' : capitalized(part)))
      .join(''),
  trim: (value, args) => strip(strOf(value), args.get(0, 'chars'), true, true),
  string: (value) => strOf(value),
  safe: (value) => strOf(value),
  escape: escaped,
  e: escaped,
  forceescape: escaped,
  replace: (value, args, { budget }) =>
    replaced(
      strOf(value),
      strOf(args.required(0, 'old')),
      strOf(args.required(1, 'new')),
      args.integer(2, 'count', -1),
      budget,
    ),
  center: (value, args, { budget }) => centered(strOf(value), args.integer(0, 'width', 80), ' ', budget),
  format: (value, args, { budget }) => {
    const named = new Map<JinjaValue, JinjaValue>(args.named);
    return budget.text(formatPercent(strOf(value), named.size > 0 ? [named] : args.positional, named));
  },
  indent(value, args, { budget }) {
    const width = args.get(0, 'width');
    const space = typeof width === 'string' ? width : ' '.repeat(Math.min(1000, args.integer(0, 'width', 4)));
    const [first, blank] = [args.flag(1, 'first', false), args.flag(2, 'blank', false)];
    const lines = strOf(value).split('\n');
    budget.grow(lines.length * (space.length + 1));
    return lines
      .map((line, at) => ((at === 0 ? first : blank || line !== '') ? space + line : line))
      .join('\n');
  },
  truncate(value, args) {
    const text = strOf(value);
    const length = args.integer(0, 'length', 255);
    const end = args.text(2, 'end', '...');
    const leeway = args.integer(3, 'leeway', 5);
    const characters = charactersOf(text);
    if (characters.length <= length + leeway) return text;
    const cut = characters.slice(0, Math.max(0, length - lengthOf(end))).join('');
    if (args.flag(1, 'killwords', false)) return cut + end;
    const space = cut.lastIndexOf(' ');
    return (space === -1 ? cut : cut.slice(0, space)) + end;
  },
  wordcount: (value) => strOf(value).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0,
  wordwrap(value, args, { budget }) {
    const width = Math.max(1, args.integer(0, 'width', 79));
    const breaks = args.flag(1, 'break_long_words', true);
    const mark = args.get(2, 'wrapstring');
    const joint = mark === undefined || mark === null ? '\n' : strOf(mark);
    const text = strOf(value);
    budget.spend(text.length / 8);
    const lines = text.split('\n').map((line) => wrapped(line, width, breaks).join(joint));
    return budget.text(lines.join(joint));
  },
  striptags: (value) =>
    withoutTags(strOf(value))
      .split(/\s+/)
      .filter((word) => word !== '')
      .join(' '),
  urlencode(value, _, { budget }) {
    if (!(value instanceof Map) && !Array.isArray(value)) return budget.text(urlencoded(strOf(value), '/'));
    const pairs =
      value instanceof Map ? [...value] : itemsOf(value, budget).map((pair) => [...itemsOf(pair, budget)]);
    const plus = (part: JinjaValue) => urlencoded(strOf(part), '%2F').replaceAll('%20', '+');
    return budget.text(pairs.map((pair) => pair.map(plus).join('=')).join('&'));
  },
  tojson: (value, args, { budget }) => budget.text(toJson(value, args.integer(0, 'indent', 0))),
  pprint: (value) => reprOf(value),
  filesizeformat(value, args) {
    const binary = args.flag(0, 'binary', false);
    const base = binary ? 1024 : 1000;
    const bytes = numberOf(value) ?? Number(strOf(value));
    if (bytes === 1) return '1 Byte';
    if (bytes < base) return `${Math.trunc(bytes)} Bytes`;
    const units = binary
      ? ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB']
      : ['kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];
    let size = bytes / base;
    let at = 0;
    while (size >= base && at < units.length - 1) {
      size /= base;
      at += 1;
    }
    return `${toFixed(size, 1)} ${units[at]}`;
  },
  list: (value, _, { budget }) => [...itemsOf(value, budget)],
  items(value, _, { budget }) {
    if (!(value instanceof Map)) return [];
    budget.spend(value.size);
    return [...value].map((entry) => new Tuple(entry));
  },
};

function wrapped(line: string, width: number, breaks: boolean): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(/(?<=\s)(?=\S)/)) {
    const end = word.trimEnd().length;
    if (current !== '' && current.length + end > width) {
      lines.push(current.trimEnd());
      current = '';
    }
    let at = 0;
    for (; breaks && end - at > width; at += width) lines.push(word.slice(at, at + width));
    current += word.slice(at);
  }
  return [...lines, current.trimEnd()];
}

/** In one pass: a regular expression would look for the end of each `<` anew. */
function withoutTags(text: string): string {
  let kept = '';
  let from = 0;
  let comments = true;
  for (let start = text.indexOf('<'); start !== -1; start = text.indexOf('<', from)) {
    let end = -1;
    if (comments && text.startsWith('<!--', start)) {
      const close = text.indexOf('-->', start + 4);
      comments = close !== -1;
      if (comments) end = close + 3;
    }
    if (end === -1) end = text.indexOf('>', start) + 1;
    if (end === 0) break;
    kept += text.slice(from, start);
    from = end;
  }
  return kept + text.slice(from);
}
