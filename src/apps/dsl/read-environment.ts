import type { EnvironmentVariable } from '../app.ts';
import type { DslNode } from './dsl-node.ts';
import { readNames } from './read-names.ts';

const TYPES = ['string', 'number', 'secret'] as const;

/**
 * Reads `workflow.environment_variables` (`facts/dify-dsl-engine.md` §2.2). Secrets have no value here: exports have none
 * either, and it is the owner's to give.
 */
export function readEnvironment(node: DslNode): readonly EnvironmentVariable[] {
  return readNames(node, (item, name) => {
    const given = item.get('value_type');
    const type = TYPES.find((known) => known === given.value);
    if (given.isAbsent) item.problem('missing value type');
    else if (type === undefined) given.problem(`not supported value type ${given.word()}`);
    const value = readValue(item.get('value'), type ?? 'string');
    return { name, type: type ?? 'string', value, description: item.get('description').word() };
  });
}

function readValue(node: DslNode, type: EnvironmentVariable['type']): EnvironmentVariable['value'] {
  if (node.isAbsent) return null;
  switch (type) {
    case 'string':
      return node.word();
    // Never of the file, which is kept, copied and shared: the owner sets it (`AppSettings.env`).
    case 'secret':
      node.word();
      return null;
    case 'number': {
      const text = node.word().trim();
      if (text === '') return null;
      const number = Number(text);
      if (Number.isFinite(number)) return number;
      node.problem(`invalid number value ${text.slice(0, 50)}`);
      return null;
    }
  }
}
