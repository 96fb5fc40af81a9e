import type { Budget } from './budget.ts';
import type { CallArguments } from './call-arguments.ts';
import { formatBraces } from './format-braces.ts';
import { itemsOf } from './iterate.ts';
import { JinjaError, typeError } from './jinja-error.ts';
import { charactersOf, lengthOf, strOf, typeName } from './jinja-text.ts';
import { type JinjaValue, Tuple } from './jinja-value.ts';

type Method = (self: string, args: CallArguments, budget: Budget) => JinjaValue;

/** Python's methods of strings. */
export const textMethods: Readonly<Record<string, Method>> = {
  upper: (self) => self.toUpperCase(),
  lower: (self) => self.toLowerCase(),
  casefold: (self) => self.toLowerCase(),
  title: (self) => self.replace(/\p{L}+/gu, (word) => capitalized(word)),
  capitalize: (self) => capitalized(self),
  swapcase: (self, _, budget) => {
    budget.spend(self.length / 4);
    return charactersOf(self)
      .map((one) => (one === one.toUpperCase() ? one.toLowerCase() : one.toUpperCase()))
      .join('');
  },
  strip: (self, args) => strip(self, args.get(0, 'chars'), true, true),
  lstrip: (self, args) => strip(self, args.get(0, 'chars'), true, false),
  rstrip: (self, args) => strip(self, args.get(0, 'chars'), false, true),
  removeprefix: (self, args) => {
    const prefix = args.text(0, 'prefix', '');
    return self.startsWith(prefix) ? self.slice(prefix.length) : self;
  },
  removesuffix: (self, args) => {
    const suffix = args.text(0, 'suffix', '');
    return suffix !== '' && self.endsWith(suffix) ? self.slice(0, -suffix.length) : self;
  },
  startswith: (self, args) => affixes(args).some((prefix) => self.startsWith(prefix)),
  endswith: (self, args) => affixes(args).some((suffix) => self.endsWith(suffix)),
  split: (self, args, budget) => split(self, args, budget, false),
  rsplit: (self, args, budget) => split(self, args, budget, true),
  splitlines: (self) => {
    const lines = self.split(/\r\n|[\n\r\v\f\u2028\u2029]/);
    if (lines.at(-1) === '') lines.pop();
    return lines;
  },
  partition: (self, args) =>
    partition(self, args.text(0, 'sep', ' '), self.indexOf(args.text(0, 'sep', ' '))),
  rpartition: (self, args) => {
    const at = self.lastIndexOf(args.text(0, 'sep', ' '));
    return at === -1 ? new Tuple(['', '', self]) : partition(self, args.text(0, 'sep', ' '), at);
  },
  join(self, args, budget) {
    const items = itemsOf(args.required(0, 'iterable'), budget);
    const wrong = items.findIndex((item) => typeof item !== 'string');
    if (wrong >= 0) {
      throw typeError(
        `sequence item ${wrong}: expected str instance, ${typeName(items[wrong] as JinjaValue)} found`,
      );
    }
    budget.grow(items.reduce<number>((sum, item) => sum + (item as string).length + self.length, 0));
    return items.join(self);
  },
  replace: (self, args, budget) =>
    replaced(
      self,
      strOf(args.required(0, 'old')),
      strOf(args.required(1, 'new')),
      args.integer(2, 'count', -1),
      budget,
    ),
  find: (self, args) => self.indexOf(args.text(0, 'sub', '')),
  rfind: (self, args) => self.lastIndexOf(args.text(0, 'sub', '')),
  index: (self, args) => {
    const at = self.indexOf(args.text(0, 'sub', ''));
    if (at === -1) throw new JinjaError('ValueError', 'substring not found');
    return at;
  },
  count: (self, args, budget) => {
    budget.spend(self.length / 16);
    const sub = args.text(0, 'sub', '');
    return sub === '' ? lengthOf(self) + 1 : self.split(sub).length - 1;
  },
  isdigit: (self) => /^\p{Nd}+$/u.test(self),
  isdecimal: (self) => /^\p{Nd}+$/u.test(self),
  isnumeric: (self) => /^\p{N}+$/u.test(self),
  isalpha: (self) => /^\p{L}+$/u.test(self),
  isalnum: (self) => /^[\p{L}\p{N}]+$/u.test(self),
  isspace: (self) => /^\s+$/.test(self),
  isupper: (self) => /\p{Lu}/u.test(self) && !/\p{Ll}/u.test(self),
  islower: (self) => /\p{Ll}/u.test(self) && !/\p{Lu}/u.test(self),
  zfill: (self, args, budget) => {
    const width = args.integer(0, 'width', 0);
    budget.grow(width);
    const sign = /^[-+]/.exec(self)?.[0] ?? '';
    return sign + self.slice(sign.length).padStart(width - sign.length, '0');
  },
  ljust: (self, args, budget) => self + fill(self, args, budget),
  rjust: (self, args, budget) => fill(self, args, budget) + self,
  center: (self, args, budget) =>
    centered(self, args.integer(0, 'width', 0), args.text(1, 'fillchar', ' '), budget),
  format: (self, args, budget) => budget.text(formatBraces(self, args)),
  encode: () => {
    throw typeError('bytes are not supported in templates');
  },
};

export function capitalized(text: string): string {
  const [first = ''] = text;
  return first.toUpperCase() + text.slice(first.length).toLowerCase();
}

export function strip(text: string, given: JinjaValue | undefined, start: boolean, end: boolean): string {
  if (given === undefined || given === null) {
    const left = start ? text.trimStart() : text;
    return end ? left.trimEnd() : left;
  }
  const unwanted = new Set(charactersOf(strOf(given)));
  const characters = charactersOf(text);
  let from = 0;
  let to = characters.length;
  if (start) while (from < to && unwanted.has(characters[from] as string)) from += 1;
  if (end) while (to > from && unwanted.has(characters[to - 1] as string)) to -= 1;
  return characters.slice(from, to).join('');
}

/** At most `count` times; below zero: everywhere. */
export function replaced(text: string, old: string, by: string, count: number, budget: Budget): string {
  const parts = text.split(old);
  if (old === '') parts.push('');
  if (old === '') parts.unshift('');
  budget.spend(parts.length / 8);
  const times = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1);
  budget.grow(text.length + times * by.length);
  return (
    parts.slice(0, times + 1).join(by) +
    (times + 1 < parts.length ? old + parts.slice(times + 1).join(old) : '')
  );
}

export function centered(text: string, width: number, filler: string, budget: Budget): string {
  budget.grow(width);
  const room = width - lengthOf(text);
  if (room <= 0) return text;
  // Python gives the odd one to the left when the width is odd.
  const left = Math.floor(room / 2) + (room & width & 1);
  return filler.repeat(left) + text + filler.repeat(room - left);
}

function fill(text: string, args: CallArguments, budget: Budget): string {
  const width = args.integer(0, 'width', 0);
  budget.grow(width);
  return args.text(1, 'fillchar', ' ').repeat(Math.max(0, width - lengthOf(text)));
}

function affixes(args: CallArguments): string[] {
  const given = args.required(0, 'prefix');
  return given instanceof Tuple ? given.items.map(strOf) : [strOf(given)];
}

function partition(text: string, separator: string, at: number): Tuple {
  return at === -1
    ? new Tuple([text, '', ''])
    : new Tuple([text.slice(0, at), separator, text.slice(at + separator.length)]);
}

function split(text: string, args: CallArguments, budget: Budget, fromEnd: boolean): JinjaValue[] {
  budget.spend(text.length / 16);
  const separator = args.get(0, 'sep') ?? null;
  const most = args.integer(1, 'maxsplit', -1);
  if (separator === null) {
    const words = text.trim() === '' ? [] : text.trim().split(/\s+/);
    return most < 0 || words.length <= most + 1 ? words : splitWords(text.trim(), most, fromEnd);
  }
  const mark = strOf(separator);
  if (mark === '') throw new JinjaError('ValueError', 'empty separator');
  const parts = text.split(mark);
  budget.spend(parts.length / 8);
  if (most < 0 || parts.length <= most + 1) return parts;
  return fromEnd
    ? [parts.slice(0, parts.length - most).join(mark), ...parts.slice(parts.length - most)]
    : [...parts.slice(0, most), parts.slice(most).join(mark)];
}

function splitWords(text: string, most: number, fromEnd: boolean): string[] {
  const gaps = Array.from(text.matchAll(/\s+/g), ({ index, 0: gap }) => ({
    from: index,
    to: index + gap.length,
  }));
  const used = fromEnd ? gaps.slice(gaps.length - most) : gaps.slice(0, most);
  let at = 0;
  const words = used.map(({ from, to }) => {
    const word = text.slice(at, from);
    at = to;
    return word;
  });
  return [...words, text.slice(at)];
}
