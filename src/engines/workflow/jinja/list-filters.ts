import { attributeOf, itemOf } from './access.ts';
import { CallArguments } from './call-arguments.ts';
import type { Engine, Filter } from './engine.ts';
import { itemsOf } from './iterate.ts';
import { JinjaError, typeError } from './jinja-error.ts';
import { charactersOf, defined, lengthOf, strOf, truthOf, typeName } from './jinja-text.ts';
import { type JinjaValue, orElse, Tuple, Undefined } from './jinja-value.ts';
import { equals, keyOf, operate, order } from './operations.ts';

/** `attribute='a.b.0'`: a path into each item. */
function reader(path: JinjaValue | undefined, { budget }: Engine, otherwise?: JinjaValue) {
  if (path === undefined || path === null) return (item: JinjaValue) => item;
  const keys = strOf(path)
    .split('.')
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  return (item: JinjaValue): JinjaValue => {
    let value = item;
    for (const key of keys) {
      value = itemOf(value, key, budget);
      if (otherwise !== undefined && value instanceof Undefined) value = otherwise;
    }
    return value;
  };
}

const folded = (value: JinjaValue): JinjaValue => (typeof value === 'string' ? value.toLowerCase() : value);

function key(args: CallArguments, at: { case: number; attribute: number }, engine: Engine) {
  const read = reader(args.get(at.attribute, 'attribute'), engine);
  const exact = args.flag(at.case, 'case_sensitive', false);
  return (item: JinjaValue) => (exact ? read(item) : folded(read(item)));
}

function sorted(
  items: readonly JinjaValue[],
  read: (item: JinjaValue) => JinjaValue,
  reverse: boolean,
  { budget }: Engine,
) {
  budget.spend(items.length);
  const ranked = items.map((item) => ({ item, rank: read(item) }));
  ranked.sort((a, b) => (reverse ? order(b.rank, a.rank) : order(a.rank, b.rank)));
  return ranked.map(({ item }) => item);
}

/** `select`, `reject` and those by attribute. */
function chosen(wanted: boolean, byAttribute: boolean): Filter {
  return (value, args, engine) => {
    const rest = byAttribute ? args.positional.slice(1) : args.positional;
    const read = reader(byAttribute ? args.required(0, 'attribute') : undefined, engine);
    const [test, ...more] = rest;
    const given = new CallArguments(more, args.named);
    return itemsOf(value, engine.budget).filter((item) => {
      engine.budget.spend(1);
      const one = read(item);
      return (test === undefined ? truthOf(one) : engine.test(strOf(test), one, given)) === wanted;
    });
  };
}

function extreme(sign: number): Filter {
  return (value, args, engine) => {
    const read = key(args, { case: 0, attribute: 1 }, engine);
    const items = itemsOf(value, engine.budget);
    if (items.length === 0) return new Undefined('No aggregated item, sequence was empty.');
    return items.reduce((best, item) => (order(read(item), read(best)) * sign < 0 ? item : best));
  };
}

function parts(items: readonly JinjaValue[], size: number): JinjaValue[][] {
  if (size < 1) throw new JinjaError('ValueError', 'the number of items must be positive');
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) =>
    items.slice(at * size, (at + 1) * size),
  );
}

const count: Filter = (value) => {
  if (typeof value === 'string') return lengthOf(value);
  if (value instanceof Map) return value.size;
  if (value instanceof Undefined) return 0;
  if (value instanceof Tuple) return value.items.length;
  if (Array.isArray(value)) return value.length;
  throw typeError(`object of type '${typeName(value)}' has no len()`);
};

const fallback: Filter = (value, args) =>
  value instanceof Undefined || (args.flag(1, 'boolean', false) && !truthOf(value))
    ? orElse(args.get(0, 'default_value'), () => '')
    : value;

/** Jinja2's filters of lists and dicts. */
export const listFilters: Readonly<Record<string, Filter>> = {
  length: count,
  count,
  default: fallback,
  d: fallback,
  first: (value, _, { budget }) =>
    orElse(itemsOf(value, budget)[0], () => new Undefined('No first item, sequence was empty.')),
  last: (value, _, { budget }) =>
    orElse(itemsOf(value, budget).at(-1), () => new Undefined('No last item, sequence was empty.')),
  random: (value, _, { budget }) => {
    const items = itemsOf(value, budget);
    return orElse(
      items[Math.floor(Math.random() * items.length)],
      () => new Undefined('No random item, sequence was empty.'),
    );
  },
  reverse: (value, _, { budget }) =>
    typeof value === 'string' ? charactersOf(value).reverse().join('') : itemsOf(value, budget).toReversed(),
  join(value, args, engine) {
    const read = reader(args.get(1, 'attribute'), engine);
    const texts = itemsOf(value, engine.budget).map((item) => strOf(read(item)));
    const joint = args.text(0, 'd', '');
    engine.budget.grow(texts.reduce((sum, text) => sum + text.length + joint.length, 0));
    return texts.join(joint);
  },
  sort: (value, args, engine) => {
    const read = key(args, { case: 1, attribute: 2 }, engine);
    const several = strOf(args.get(2, 'attribute') ?? '').split(',');
    const reads = several.map((path) => {
      const one = reader(path, engine);
      return args.flag(1, 'case_sensitive', false) ? one : (item: JinjaValue) => folded(one(item));
    });
    const rank = several.length > 1 ? (item: JinjaValue) => new Tuple(reads.map((one) => one(item))) : read;
    return sorted(itemsOf(value, engine.budget), rank, args.flag(0, 'reverse', false), engine);
  },
  unique(value, args, engine) {
    const read = key(args, { case: 0, attribute: 1 }, engine);
    const seen = new Set<JinjaValue>();
    const others: JinjaValue[] = [];
    return itemsOf(value, engine.budget).filter((item) => {
      engine.budget.spend(1);
      const one = keyOf(read(item));
      if (Array.isArray(one) || one instanceof Map) throw typeError(`unhashable type: '${typeName(one)}'`);
      if (seen.has(one) || others.some((other) => equals(one, other))) return false;
      seen.add(one);
      if (one instanceof Tuple || one instanceof Undefined) others.push(one);
      return true;
    });
  },
  min: extreme(1),
  max: extreme(-1),
  sum(value, args, engine) {
    const read = reader(args.get(0, 'attribute'), engine);
    const start = args.get(1, 'start') ?? 0;
    const items = itemsOf(value, engine.budget);
    return items.reduce<JinjaValue>((sum, item) => operate('+', sum, read(item), engine.budget), start);
  },
  map(value, args, engine) {
    const items = itemsOf(value, engine.budget);
    const attribute = args.named.get('attribute');
    if (attribute !== undefined) return items.map(reader(attribute, engine, args.named.get('default')));
    const [name, ...rest] = args.positional;
    if (name === undefined) {
      throw new JinjaError('jinja2.exceptions.FilterArgumentError', 'map requires a filter argument');
    }
    const given = new CallArguments(rest, args.named);
    return items.map((item) => engine.filter(strOf(name), item, given));
  },
  select: chosen(true, false),
  reject: chosen(false, false),
  selectattr: chosen(true, true),
  rejectattr: chosen(false, true),
  groupby(value, args, engine) {
    const otherwise = args.get(1, 'default');
    const exact = args.flag(2, 'case_sensitive', false);
    const read = reader(args.required(0, 'attribute'), engine, otherwise);
    const rank = (item: JinjaValue) => (exact ? read(item) : folded(read(item)));
    const groups: Tuple[] = [];
    for (const item of sorted(itemsOf(value, engine.budget), rank, false, engine)) {
      const last = groups.at(-1);
      const lastItem = last === undefined ? undefined : (last.items[1] as JinjaValue[])[0];
      if (last !== undefined && lastItem !== undefined && equals(rank(lastItem), rank(item))) {
        (last.items[1] as JinjaValue[]).push(item);
      } else groups.push(new Tuple([read(item), [item]], ['grouper', 'list']));
    }
    return groups;
  },
  batch(value, args, { budget }) {
    const size = args.integer(0, 'linecount', 1);
    const filler = args.get(1, 'fill_with') ?? null;
    const lines = parts(itemsOf(value, budget), size);
    const last = lines.at(-1);
    budget.grow(size);
    if (last !== undefined && filler !== null) while (last.length < size) last.push(filler);
    return lines;
  },
  slice(value, args, { budget }) {
    const columns = args.integer(0, 'slices', 1);
    const filler = args.get(1, 'fill_with') ?? null;
    if (columns < 1) throw new JinjaError('ValueError', 'the number of slices must be positive');
    budget.grow(columns);
    const items = itemsOf(value, budget);
    const each = Math.floor(items.length / columns);
    const extra = items.length % columns;
    let at = 0;
    return Array.from({ length: columns }, (_, column) => {
      const own = items.slice(at, at + each + (column < extra ? 1 : 0));
      at += own.length;
      if (filler !== null && column >= extra && extra > 0) own.push(filler);
      return own;
    });
  },
  dictsort(value, args, engine) {
    if (!(value instanceof Map)) throw typeError(`'${typeName(value)}' object has no items`);
    const exact = args.flag(0, 'case_sensitive', false);
    const at = args.text(1, 'by', 'key') === 'value' ? 1 : 0;
    engine.budget.spend(value.size);
    const entries = [...value].map((entry) => new Tuple(entry));
    const rank = (entry: JinjaValue) => {
      const one = (entry as Tuple).items[at] as JinjaValue;
      return exact ? one : folded(one);
    };
    return sorted(entries, rank, args.flag(2, 'reverse', false), engine);
  },
  attr: (value, args, { budget }) => {
    const name = strOf(args.required(0, 'name'));
    // Only what Python calls an attribute: of a dict its methods.
    return attributeOf(value instanceof Map ? new Map() : defined(value), name, budget);
  },
};
