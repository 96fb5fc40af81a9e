import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  type Scalar,
  type Tags,
  visit,
} from 'yaml';
import { RESERVED_NAMES } from './reserved-names.ts';

export type YamlPath = readonly (string | number)[];

/** 1-based, as editors count. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface YamlProblem extends Position {
  readonly reason: string;
}

/** A YAML text as plain data that remembers where everything stood. */
export interface YamlSource {
  /** Undefined when `problems` has a syntax error. */
  readonly value: unknown;
  readonly problems: readonly YamlProblem[];
  /** Of the value at `path`; of the nearest ancestor's key where the path does not exist. */
  positionOf(path: YamlPath): Position;
  /** Of the key that `path` ends with. */
  positionOfKey(path: YamlPath): Position;
}

export interface YamlOptions {
  readonly maxBytes: number;
  /** Replaces the scalar types of YAML 1.2, see `pyyamlTags`. */
  readonly customTags?: (tags: Tags) => Tags;
  /** Two equal keys in one mapping: an error, or the last wins (as in PyYAML). */
  readonly duplicateKeys?: 'error' | 'last-wins';
  /** Rewrites string scalars that are values; a returned problem is reported at the scalar's place. */
  readonly rewrite?: (text: string) => { readonly text: string; readonly problems: readonly string[] };
}

/** A broken document can break on every character; people read the first few. */
const MAX_PROBLEMS = 20;

/**
 * A document may repeat itself through aliases at most this often, so that it cannot grow beyond its own size; each of them
 * also has to be looked for in all of it.
 */
const MAX_ALIASES = 100;

/** Reads one YAML document. Never throws: what is wrong is in `problems`. */
export function readYaml(source: string, options: YamlOptions): YamlSource {
  if (Buffer.byteLength(source) > options.maxBytes) {
    return failed(`the file is larger than ${options.maxBytes} bytes`);
  }
  try {
    return new ParsedYaml(source, options);
  } catch (error) {
    const deep = error instanceof RangeError;
    return failed(
      deep ? 'the document is nested too deeply' : `not readable as YAML: ${(error as Error).message}`,
    );
  }
}

function failed(reason: string): YamlSource {
  const start = { line: 1, column: 1 };
  return {
    value: undefined,
    problems: [{ ...start, reason }],
    positionOf: () => start,
    positionOfKey: () => start,
  };
}

class ParsedYaml implements YamlSource {
  readonly value: unknown;
  readonly problems: YamlProblem[] = [];
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed<ParsedNode>;
  /** It repeats itself too often to be resolved. */
  #repeats = false;

  constructor(source: string, options: YamlOptions) {
    this.#document = parseDocument(source, {
      lineCounter: this.#lines,
      prettyErrors: false,
      logLevel: 'silent',
      merge: true,
      uniqueKeys: options.duplicateKeys !== 'last-wins',
      ...(options.customTags && { customTags: options.customTags }),
    });
    const faults = [...this.#document.errors, ...this.#document.warnings].slice(0, MAX_PROBLEMS);
    for (const { pos, message } of faults) {
      this.problems.push({ ...this.#at(pos[0]), reason: message });
    }
    if (this.problems.length > 0) return;
    this.#visitScalars(options);
    if (this.#repeats) return;
    this.value = this.#document.toJS({ maxAliasCount: MAX_ALIASES });
  }

  positionOf(path: YamlPath): Position {
    return this.#locate(path, 'value');
  }

  positionOfKey(path: YamlPath): Position {
    return this.#locate(path, 'key');
  }

  #visitScalars({ rewrite }: YamlOptions): void {
    let aliases = 0;
    visit(this.#document, {
      Alias: (_, node) => {
        aliases += 1;
        if (aliases <= MAX_ALIASES) return undefined;
        const reason = `the document has more than ${MAX_ALIASES} aliases`;
        this.problems.push({ ...this.#at(node.range?.[0] ?? 0), reason });
        this.#repeats = true;
        return visit.BREAK;
      },
      Scalar: (role, node: Scalar) => {
        const position = this.#at(node.range?.[0] ?? 0);
        if (role === 'key') {
          if (RESERVED_NAMES.has(node.value)) {
            this.problems.push({ ...position, reason: `the key "${node.value}" is not allowed` });
          }
        } else if (rewrite !== undefined && typeof node.value === 'string') {
          const { text, problems } = rewrite(node.value);
          node.value = text;
          this.problems.push(...problems.map((reason) => ({ ...position, reason })));
        }
      },
    });
  }

  #locate(path: YamlPath, part: 'key' | 'value'): Position {
    let node: unknown = this.#document.contents;
    let key: Node | null = null;
    for (const step of path) {
      if (isAlias(node)) node = node.resolve(this.#document);
      if (isMap(node)) {
        const pair = node.items.findLast(
          (item) => isScalar(item.key) && String(item.key.value) === String(step),
        );
        if (pair === undefined) return this.#positionOfNode(key ?? node);
        key = pair.key as Node;
        node = pair.value;
      } else if (isSeq(node) && node.items[Number(step)] !== undefined) {
        node = node.items[Number(step)];
        key = node as Node;
      } else {
        return this.#positionOfNode(key);
      }
    }
    const found = part === 'key' || !isNode(node) ? key : node;
    return this.#positionOfNode(found ?? this.#document.contents);
  }

  #positionOfNode(node: unknown): Position {
    return this.#at(isNode(node) ? (node.range?.[0] ?? 0) : 0);
  }

  #at(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}
