import type { Body, FilterCall, MacroBody, Statement, Target } from './ast.ts';
import {
  parseExpression,
  parseFilter,
  parsePostfix,
  parseTuple,
  parseWithoutChoice,
} from './parse-expression.ts';
import { TokenReader } from './token-reader.ts';
import { tokenize } from './tokenize.ts';

/**
 * Reads a template in the syntax of Jinja2's default environment: everything but `include`, `import` and `extends`, which
 * need a place that templates come from, and extensions.
 *
 * @throws JinjaError
 */
export function parseTemplate(source: string): Body {
  const reader = new TokenReader(tokenize(source));
  const body = parseBody(reader, []);
  if (!reader.is('end')) reader.fail(`Encountered unknown tag '${reader.current.text}'.`);
  return body;
}

/** Statements up to the first tag of these names, which is the current token then. */
function parseBody(reader: TokenReader, ends: readonly string[]): Body {
  return reader.nested(() => {
    const body: Statement[] = [];
    for (;;) {
      const { line } = reader;
      const token = reader.current;
      if (token.kind === 'end') {
        if (ends.length === 0) return body;
        reader.fail(
          `Unexpected end of template. Jinja was looking for the following tags: '${ends.join("' or '")}'.`,
        );
      }
      reader.next();
      if (token.kind === 'text') body.push({ kind: 'text', text: token.text });
      else if (token.kind === 'output') {
        body.push({ kind: 'output', value: parseTuple(reader), line });
        reader.expect('end-output');
      } else {
        if (reader.isName(...ends)) return body;
        body.push(...parseStatement(reader));
      }
    }
  });
}

/** The tag that `parseBody` stopped at. */
function endTag(reader: TokenReader, name: string): void {
  reader.expect('name', name);
  // `endblock` and `endmacro` may repeat the name.
  if (name === 'endblock' || name === 'endmacro') reader.take('name');
  reader.expect('end-block');
}

function parseStatement(reader: TokenReader): readonly Statement[] {
  const { line } = reader;
  const tag = reader.expect('name').text;
  switch (tag) {
    case 'if':
      return [parseIf(reader, line)];
    case 'for':
      return [parseFor(reader, line)];
    case 'set':
      return [parseSet(reader, line)];
    case 'macro': {
      const name = reader.expect('name').text;
      return [{ kind: 'macro', name, macro: parseMacro(reader, 'endmacro'), line }];
    }
    case 'call':
      return [parseCall(reader, line)];
    case 'filter': {
      const filters = [parseFilter(reader), ...parseFilters(reader)];
      reader.expect('end-block');
      const body = parseBody(reader, ['endfilter']);
      endTag(reader, 'endfilter');
      return [{ kind: 'filter', filters, body, line }];
    }
    case 'with':
      return [parseWith(reader, line)];
    case 'block': {
      // Without inheritance, a block is what stands in it.
      reader.expect('name');
      reader.take('name', 'scoped');
      reader.take('name', 'required');
      reader.expect('end-block');
      const body = parseBody(reader, ['endblock']);
      endTag(reader, 'endblock');
      return body;
    }
    case 'include':
    case 'import':
    case 'from':
    case 'extends':
      return reader.fail('no loader for this environment specified');
    default:
      return reader.fail(`Encountered unknown tag '${tag}'.`);
  }
}

function parseIf(reader: TokenReader, line: number): Statement {
  const branches: { test: ReturnType<typeof parseTuple>; body: Body }[] = [];
  let otherwise: Body = [];
  for (;;) {
    const test = parseTuple(reader);
    reader.expect('end-block');
    const body = parseBody(reader, ['elif', 'else', 'endif']);
    branches.push({ test, body });
    if (reader.take('name', 'elif') !== null) continue;
    if (reader.take('name', 'else') !== null) {
      reader.expect('end-block');
      otherwise = parseBody(reader, ['endif']);
    }
    endTag(reader, 'endif');
    return { kind: 'if', branches, otherwise, line };
  }
}

function parseFor(reader: TokenReader, line: number): Statement {
  const target = parseTarget(reader);
  reader.expect('name', 'in');
  const list = parseList(reader);
  const test = reader.take('name', 'if') === null ? null : parseExpression(reader);
  const recursive = reader.take('name', 'recursive') !== null;
  reader.expect('end-block');
  const body = parseBody(reader, ['else', 'endfor']);
  let otherwise: Body = [];
  if (reader.take('name', 'else') !== null) {
    reader.expect('end-block');
    otherwise = parseBody(reader, ['endfor']);
  }
  endTag(reader, 'endfor');
  return { kind: 'for', target, list, test, body, otherwise, recursive, line };
}

/** `in 1, 2, 3`; an `if` after it filters. */
function parseList(reader: TokenReader) {
  const first = parseWithoutChoice(reader);
  if (!reader.is('operator', ',')) return first;
  const items = [first];
  while (reader.take('operator', ',') !== null) items.push(parseWithoutChoice(reader));
  return { kind: 'tuple' as const, items };
}

function parseTarget(reader: TokenReader): Target {
  const targets = [parseOneTarget(reader)];
  let isTuple = false;
  while (reader.take('operator', ',') !== null) {
    isTuple = true;
    if (reader.isName('in') || reader.is('operator', '=') || reader.is('operator', ')')) break;
    targets.push(parseOneTarget(reader));
  }
  return isTuple ? { kind: 'tuple', targets } : (targets[0] as Target);
}

function parseOneTarget(reader: TokenReader): Target {
  if (reader.take('operator', '(') !== null) {
    const target = reader.nested(() => parseTarget(reader));
    reader.expect('operator', ')');
    return target;
  }
  const { text: name } = reader.expect('name');
  if (reader.take('operator', '.') === null) return { kind: 'name', name };
  return { kind: 'attribute', name, attribute: reader.expect('name').text };
}

function parseSet(reader: TokenReader, line: number): Statement {
  const target = parseTarget(reader);
  if (reader.take('operator', '=') !== null) {
    const value = parseTuple(reader);
    reader.expect('end-block');
    return { kind: 'set', target, value, line };
  }
  const filters = parseFilters(reader);
  reader.expect('end-block');
  const body = parseBody(reader, ['endset']);
  endTag(reader, 'endset');
  return { kind: 'set-block', target, filters, body, line };
}

function parseFilters(reader: TokenReader): FilterCall[] {
  const filters: FilterCall[] = [];
  while (reader.take('operator', '|') !== null) filters.push(parseFilter(reader));
  return filters;
}

function parseMacro(reader: TokenReader, end: string): MacroBody {
  const parameters: MacroBody['parameters'][number][] = [];
  if (reader.take('operator', '(') !== null) {
    while (!reader.is('operator', ')')) {
      const name = reader.expect('name').text;
      const value = reader.take('operator', '=') === null ? null : parseExpression(reader);
      parameters.push({ name, value });
      if (reader.take('operator', ',') === null) break;
    }
    reader.expect('operator', ')');
  }
  if (end === 'endcall') return { parameters, body: [] };
  reader.expect('end-block');
  const body = parseBody(reader, [end]);
  endTag(reader, end);
  return { parameters, body };
}

function parseCall(reader: TokenReader, line: number): Statement {
  const { parameters } = reader.is('operator', '(') ? parseMacro(reader, 'endcall') : { parameters: [] };
  const call = parsePostfix(reader, { kind: 'name', name: reader.expect('name').text });
  if (call.kind !== 'call') reader.fail('expected call');
  reader.expect('end-block');
  const body = parseBody(reader, ['endcall']);
  endTag(reader, 'endcall');
  return { kind: 'call', call, macro: { parameters, body }, line };
}

function parseWith(reader: TokenReader, line: number): Statement {
  const variables: { target: Target; value: ReturnType<typeof parseExpression> }[] = [];
  while (!reader.is('end-block')) {
    const target = parseOneTarget(reader);
    reader.expect('operator', '=');
    variables.push({ target, value: parseExpression(reader) });
    if (reader.take('operator', ',') === null) break;
  }
  reader.expect('end-block');
  const body = parseBody(reader, ['endwith']);
  endTag(reader, 'endwith');
  return { kind: 'with', variables, body, line };
}
