import {
  type Arguments,
  type Comparison,
  type Expression,
  type FilterCall,
  NO_ARGUMENTS,
  type Operator,
} from './ast.ts';
import type { TokenReader } from './token-reader.ts';

const CONSTANTS: Readonly<Record<string, null | boolean>> = {
  ...{ true: true, True: true, false: false, False: false, none: null, None: null },
};

/** An expression, or several with commas between them, which are a tuple. */
export function parseTuple(reader: TokenReader, isEnd: () => boolean = () => false): Expression {
  const first = parseExpression(reader);
  if (!reader.is('operator', ',')) return first;
  const items = [first];
  while (reader.take('operator', ',') !== null) {
    if (reader.is('end-block') || reader.is('end-output') || reader.is('operator', ')') || isEnd()) break;
    items.push(parseExpression(reader));
  }
  return { kind: 'tuple', items };
}

export function parseExpression(reader: TokenReader): Expression {
  return reader.nested(() => parseChoice(reader));
}

function parseChoice(reader: TokenReader): Expression {
  let value = parseWithoutChoice(reader);
  while (reader.take('name', 'if') !== null) {
    const test = parseWithoutChoice(reader);
    const otherwise = reader.take('name', 'else') === null ? null : parseExpression(reader);
    value = { kind: 'choice', test, chosen: value, otherwise };
  }
  return value;
}

/** Where an `if` after it belongs to somebody else. */
export function parseWithoutChoice(reader: TokenReader): Expression {
  return chain(reader, () => chain(reader, () => parseNot(reader), ['and'], 'name'), ['or'], 'name');
}

function parseNot(reader: TokenReader): Expression {
  if (!reader.isName('not') || reader.isFollowedByName('in')) return parseComparison(reader);
  reader.next();
  return reader.nested(() => ({ kind: 'not', value: parseNot(reader) }));
}

const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='];

function parseComparison(reader: TokenReader): Expression {
  const first = parseSum(reader);
  const rest: { operator: Comparison; value: Expression }[] = [];
  for (;;) {
    let operator: string | null = null;
    if (reader.current.kind === 'operator' && COMPARISONS.includes(reader.current.text))
      operator = reader.next().text;
    else if (reader.take('name', 'in') !== null) operator = 'in';
    else if (reader.isName('not') && reader.isFollowedByName('in')) {
      reader.next();
      reader.next();
      operator = 'not in';
    }
    if (operator === null) break;
    rest.push({ operator: operator as Comparison, value: parseSum(reader) });
  }
  return rest.length === 0 ? first : { kind: 'compare', first, rest };
}

function parseSum(reader: TokenReader): Expression {
  const product = () =>
    chain(reader, () => chain(reader, () => parseUnary(reader, true), ['**']), ['*', '/', '//', '%']);
  return chain(reader, () => chain(reader, product, ['~']), ['+', '-']);
}

function chain(
  reader: TokenReader,
  operand: () => Expression,
  operators: readonly string[],
  kind: 'operator' | 'name' = 'operator',
): Expression {
  let left = operand();
  while (reader.current.kind === kind && operators.includes(reader.current.text)) {
    const operator = reader.next().text as Operator;
    left = { kind: 'binary', operator, left, right: operand() };
  }
  return left;
}

function parseUnary(reader: TokenReader, withFilters: boolean): Expression {
  let value: Expression;
  if (reader.take('operator', '-') !== null) {
    value = { kind: 'minus', value: reader.nested(() => parseUnary(reader, false)) };
  } else if (reader.take('operator', '+') !== null) {
    value = { kind: 'plus', value: reader.nested(() => parseUnary(reader, false)) };
  } else value = parsePostfix(reader, parsePrimary(reader));
  return withFilters ? parseFiltersAndTests(reader, value) : value;
}

function parsePrimary(reader: TokenReader): Expression {
  const token = reader.next();
  switch (token.kind) {
    case 'name':
      return Object.hasOwn(CONSTANTS, token.text)
        ? { kind: 'constant', value: CONSTANTS[token.text] as null | boolean, float: false }
        : { kind: 'name', name: token.text };
    case 'string': {
      let text = token.text;
      while (reader.is('string')) text += reader.next().text;
      return { kind: 'constant', value: text, float: false };
    }
    case 'number': {
      const digits = token.text.replaceAll('_', '');
      const float = !/^0[xXbBoO]/.test(digits) && /[.eE]/.test(digits);
      return { kind: 'constant', value: Number(digits), float };
    }
    case 'operator':
      if (token.text === '(') return parseParentheses(reader);
      if (token.text === '[') return { kind: 'list', items: parseItems(reader, ']') };
      if (token.text === '{') return parseDict(reader);
      break;
    default:
  }
  return reader.fail(`Expected an expression, got '${token.text || token.kind}'`);
}

function parseParentheses(reader: TokenReader): Expression {
  if (reader.take('operator', ')') !== null) return { kind: 'tuple', items: [] };
  const value = parseTuple(reader);
  reader.expect('operator', ')');
  return value;
}

function parseItems(reader: TokenReader, close: string): Expression[] {
  const items: Expression[] = [];
  while (!reader.is('operator', close)) {
    items.push(parseExpression(reader));
    if (reader.take('operator', ',') === null) break;
  }
  reader.expect('operator', close);
  return items;
}

function parseDict(reader: TokenReader): Expression {
  const entries: [Expression, Expression][] = [];
  while (!reader.is('operator', '}')) {
    const key = parseExpression(reader);
    reader.expect('operator', ':');
    entries.push([key, parseExpression(reader)]);
    if (reader.take('operator', ',') === null) break;
  }
  reader.expect('operator', '}');
  return { kind: 'dict', entries };
}

/** Attributes, items and calls. */
export function parsePostfix(reader: TokenReader, start: Expression): Expression {
  let value = start;
  for (;;) {
    if (reader.take('operator', '.') !== null) {
      const token = reader.next();
      if (token.kind === 'name') value = { kind: 'attribute', object: value, name: token.text };
      else if (token.kind === 'number') {
        value = {
          kind: 'item',
          object: value,
          key: { kind: 'constant', value: Number(token.text), float: false },
        };
      } else reader.fail('expected name or number');
    } else if (reader.take('operator', '[') !== null) value = parseItem(reader, value);
    else if (reader.is('operator', '('))
      value = { kind: 'call', callee: value, args: parseArguments(reader) };
    else return value;
  }
}

function parseItem(reader: TokenReader, object: Expression): Expression {
  const parts: (Expression | null)[] = [];
  let colons = 0;
  let part: Expression | null = null;
  while (!reader.is('operator', ']')) {
    if (reader.take('operator', ':') !== null) {
      colons += 1;
      parts.push(part);
      part = null;
      if (colons > 2) reader.fail('invalid slice');
    } else part = parseTuple(reader, () => reader.is('operator', ']'));
  }
  reader.expect('operator', ']');
  if (colons > 0) return { kind: 'slice', object, parts: [...parts, part] };
  return part === null ? reader.fail('expected subscript expression') : { kind: 'item', object, key: part };
}

export function parseArguments(reader: TokenReader): Arguments {
  reader.expect('operator', '(');
  const positional: { value: Expression; spread: boolean }[] = [];
  const named: { name: string | null; value: Expression }[] = [];
  while (!reader.is('operator', ')')) {
    if (reader.take('operator', '**') !== null) named.push({ name: null, value: parseExpression(reader) });
    else if (reader.take('operator', '*') !== null)
      positional.push({ value: parseExpression(reader), spread: true });
    else {
      const value = parseExpression(reader);
      if (value.kind === 'name' && reader.take('operator', '=') !== null) {
        named.push({ name: value.name, value: parseExpression(reader) });
      } else if (named.length > 0) reader.fail('invalid syntax for function call expression');
      else positional.push({ value, spread: false });
    }
    if (reader.take('operator', ',') === null) break;
  }
  reader.expect('operator', ')');
  return { positional, named };
}

function parseFiltersAndTests(reader: TokenReader, start: Expression): Expression {
  let value = start;
  for (;;) {
    if (reader.is('operator', '|')) {
      reader.next();
      value = { kind: 'filter', value, filter: parseFilter(reader) };
    } else if (reader.isName('is')) value = parseTest(reader, value);
    else if (reader.is('operator', '('))
      value = { kind: 'call', callee: value, args: parseArguments(reader) };
    else return value;
  }
}

/** The name of a filter with its arguments, after the `|`. */
export function parseFilter(reader: TokenReader): FilterCall {
  const name = dottedName(reader);
  return { name, args: reader.is('operator', '(') ? parseArguments(reader) : NO_ARGUMENTS };
}

function dottedName(reader: TokenReader): string {
  let name = reader.expect('name').text;
  while (reader.take('operator', '.') !== null) name += `.${reader.expect('name').text}`;
  return name;
}

function parseTest(reader: TokenReader, value: Expression): Expression {
  reader.next();
  const negated = reader.take('name', 'not') !== null;
  const name = dottedName(reader);
  let args = NO_ARGUMENTS;
  if (reader.is('operator', '(')) args = parseArguments(reader);
  else if (beginsArgument(reader)) {
    const argument = parsePostfix(reader, parsePrimary(reader));
    args = { positional: [{ value: argument, spread: false }], named: [] };
  }
  return { kind: 'test', value, name, args, negated };
}

function beginsArgument(reader: TokenReader): boolean {
  const { kind, text } = reader.current;
  if (kind === 'name') return !['else', 'or', 'and', 'if', 'is', 'not', 'in'].includes(text);
  return kind === 'string' || kind === 'number' || (kind === 'operator' && (text === '[' || text === '{'));
}
