import { isRecord } from '../../config/is-record.ts';
import { pyyamlTags } from '../../config/pyyaml-tags.ts';
import { withoutNul } from '../../config/without-nul.ts';
import { readYaml, type YamlPath } from '../../config/yaml-source.ts';
import { DslError } from './dsl-error.ts';

/** A DSL file as data that knows its lines. Nothing about its content is checked yet but that it is a mapping. */
export interface DslDocument {
  readonly file: string;
  readonly root: Readonly<Record<string, unknown>>;
  /** Line of the value at `path`, or of its nearest ancestor that exists. 1-based. */
  lineOf(path: YamlPath): number;
}

/** `facts/dify-dsl-engine.md` §2.1. */
const MAX_BYTES = 10 * 1024 ** 2;

/** What YAML makes NUL of. In Python or JavaScript that stands there the same letters may mean something else. */
const MAY_HOLD_NUL = /\0|\\(?:0|x00|u0000|U00000000)/;

/** Nobody means NUL, and databases store none. */
function cleaned<T>(source: string, root: T): T {
  return MAY_HOLD_NUL.test(source) ? withoutNul(root) : root;
}

/** @throws DslError when `source` is not one YAML mapping of at most 10 MB without alias bombs and `__proto__` keys. */
export function readDsl(source: string, file: string): DslDocument {
  const yaml = readYaml(source, { maxBytes: MAX_BYTES, customTags: pyyamlTags, duplicateKeys: 'last-wins' });
  const [first, ...others] = yaml.problems.map(({ line, reason }) => ({ line, reason }));
  if (first !== undefined) throw new DslError('invalid', file, [first, ...others]);
  if (!isRecord(yaml.value)) {
    throw new DslError('invalid', file, [{ line: 1, reason: 'Invalid YAML format: expected a mapping' }]);
  }
  return { file, root: cleaned(source, yaml.value), lineOf: (path) => yaml.positionOf(path).line };
}
