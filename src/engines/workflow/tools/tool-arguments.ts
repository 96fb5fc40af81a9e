import { isRecord } from '../../../config/is-record.ts';
import type { Tool } from '../../../tools/tool.ts';
import { NodeError } from '../node-error.ts';
import { expandTemplate } from '../pool/references.ts';
import type { ReadPool } from '../pool/variable-pool.ts';
import { pythonStr } from '../values/python-text.ts';
import type { Value } from '../values/value.ts';
import { expandValue } from './expand-value.ts';
import type { ToolConfig } from './tool-config.ts';
import { inputValue, nameOf, type ToolInput } from './tool-input.ts';

/**
 * What a node gives to its tool (`facts/dify-dsl-engine.md` §4.16); the tool's own casting follows. What the author has
 * configured holds against a parameter of the same name.
 *
 * @throws NodeError `ToolParameterError` for a variable that is not there
 */
export function toolArguments(
  { tool: { providerType }, parameters, configurations }: ToolConfig,
  tool: Tool,
  pool: ReadPool,
): Record<string, Value> {
  const required = Array.isArray(tool.parameters.required) ? tool.parameters.required : [];
  const properties = isRecord(tool.parameters.properties) ? tool.parameters.properties : {};
  const given: [string, Value][] = [];
  const add = (name: string, input: ToolInput, value: Value | undefined, optional: boolean) => {
    if (value === undefined && !optional)
      throw new NodeError('ToolParameterError', `Variable ${nameOf(input)} does not exist`);
    const fitting = value === undefined ? undefined : castTo(typeIn(properties, name), value);
    if (fitting !== undefined) given.push([name, fitting]);
  };
  for (const [name, input] of Object.entries(parameters))
    add(name, input, parameterOf(input, typeIn(properties, name), pool), !required.includes(name));
  for (const [name, input] of Object.entries(configurations))
    add(name, input, inputValue(input, pool), false);
  // Servers get nothing for what is empty, also where Dify sends an empty text to other tools.
  const sent = providerType === 'mcp' ? given.filter(([, value]) => !isBlank(value)) : given;
  return Object.fromEntries(sent);
}

function isBlank(value: Value): boolean {
  return typeof value === 'string' && value.trim() === '';
}

/** Constants become text as well as templates do, but for those that only their parameter's own type can hold. */
function parameterOf(input: ToolInput, type: unknown, pool: ReadPool): Value | undefined {
  if (input.type !== 'constant') return inputValue(input, pool);
  const structured = typeof input.value === 'object' && (type === 'object' || type === 'array');
  return structured ? expandValue(input.value, pool) : expandTemplate(pythonStr(input.value), pool);
}

function typeIn(properties: Readonly<Record<string, unknown>>, name: string): unknown {
  const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
  return isRecord(property) ? property.type : undefined;
}

/** As Dify casts what has the wrong type (§9.2): a text is made of anything, and an empty text is nothing else. */
function castTo(type: unknown, value: Value): Value | undefined {
  if (type === 'string') {
    if (value === null) return '';
    return typeof value === 'object' ? pythonStr(value) : value;
  }
  return value === null || (value === '' && type !== undefined) ? undefined : value;
}
