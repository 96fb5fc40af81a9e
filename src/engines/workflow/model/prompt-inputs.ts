import { NodeError } from '../node-error.ts';
import { referencesIn } from '../pool/references.ts';
import type { Selector } from '../pool/selector.ts';
import type { ReadPool } from '../pool/variable-pool.ts';
import type { Value } from '../values/value.ts';
import { type PromptTemplate, referencesOfPrompt, textsOf } from './prompt-template.ts';

export interface NamedSelector {
  readonly name: string;
  readonly selector: Selector;
}

/** What a prompt is made of: `inputs` of its node, and what its Jinja templates see. */
export interface PromptInputs {
  readonly inputs: Readonly<Record<string, Value>>;
  readonly jinja: Readonly<Record<string, Value>>;
}

/**
 * Every variable of a prompt, which, unlike anywhere else, must be there (`facts/dify-dsl-engine.md` §4.4). Variables for
 * Jinja count when a text is written in it.
 *
 * @throws NodeError naming the one that is not
 */
export function promptInputs(
  template: PromptTemplate,
  { query, jinja }: { readonly query: string; readonly jinja: readonly NamedSelector[] },
  pool: ReadPool,
): PromptInputs {
  const named = (selector: Selector) => `#${selector.join('.')}#`;
  const ofPrompt = referencesOfPrompt(template).map((selector): [string, Value] => [
    named(selector),
    required(named(selector), selector, pool) ?? '',
  ]);
  const ofQuery = referencesIn(query)
    .map((selector): [string, Value] => [named(selector), required(named(selector), selector, pool)])
    .filter(([, value]) => value !== null);
  const isJinja = textsOf(template).some(({ kind }) => kind === 'jinja2');
  const ofJinja = (isJinja ? jinja : []).map(({ name, selector }): [string, Value] => [
    name,
    required(name, selector, pool),
  ]);
  return {
    inputs: Object.fromEntries([...ofPrompt, ...ofQuery, ...ofJinja]),
    jinja: Object.fromEntries(ofJinja),
  };
}

function required(name: string, selector: Selector, pool: ReadPool): Value {
  const variable = pool.get(selector);
  if (variable === undefined) throw new NodeError('VariableNotFoundError', `Variable ${name} not found`);
  return variable.value;
}
