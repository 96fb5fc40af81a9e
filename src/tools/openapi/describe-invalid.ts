import type { ErrorObject } from 'ajv';
import type { YamlPath } from '../../config/yaml-source.ts';

export interface Invalid {
  readonly path: YamlPath;
  readonly reason: string;
}

/** These only say that something within is wrong, or belong to the branch that was not meant. */
const SUMMARIES = new Set(['oneOf', 'anyOf', 'allOf', 'if', 'not', '$ref']);

/**
 * The one thing to tell of what a JSON Schema validator found wrong in a document: the error deepest in it. Everything in
 * OpenAPI's schema is either itself or a reference, so most errors only say that it is no reference.
 */
export function describeInvalid(errors: readonly ErrorObject[]): Invalid {
  const telling = errors.filter(
    ({ keyword, params }) =>
      !SUMMARIES.has(keyword) && !(keyword === 'required' && params.missingProperty === '$ref'),
  );
  const depth = ({ instancePath }: ErrorObject) => instancePath.split('/').length;
  const deepest = Math.max(...telling.map(depth));
  const error = telling.find((candidate) => depth(candidate) === deepest) ?? errors[0];
  if (error === undefined) return { path: [], reason: 'it does not fit the schema of OpenAPI' };
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const { params } = error;
  switch (error.keyword) {
    case 'required':
      return { path, reason: `${quoted(params.missingProperty)} is missing` };
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const key = String(params.additionalProperty ?? params.unevaluatedProperty);
      return { path: [...path, key], reason: `unknown key ${quoted(key)}` };
    }
    case 'enum': {
      const same = telling.filter((e) => e.keyword === 'enum' && e.instancePath === error.instancePath);
      const allowed = new Set(same.flatMap((e) => e.params.allowedValues as unknown[]));
      return { path, reason: `expected ${allowed.size === 1 ? '' : 'one of '}${[...allowed].join(', ')}` };
    }
    case 'type': {
      const types = [params.type].flat().map((type) => (type === 'object' ? 'mapping' : String(type)));
      return { path, reason: `expected a value of type ${types.join(' or ')}` };
    }
    default:
      return { path, reason: error.message ?? 'it does not fit the schema of OpenAPI' };
  }
}

function quoted(name: unknown): string {
  return JSON.stringify(String(name).slice(0, 200));
}
