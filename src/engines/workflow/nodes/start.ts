import { z } from 'zod';
import { isRecord } from '../../../config/is-record.ts';
import { defineNode } from '../node-kind.ts';
import { SYSTEM } from '../pool/selector.ts';
import { objectProblem } from '../values/object-problem.ts';
import type { Value, ValueRecord } from '../values/value.ts';

const config = z.looseObject({
  variables: z
    .array(
      z.looseObject({
        variable: z.string(),
        type: z.string().nullish(),
        required: z.boolean().nullish(),
        json_schema: z.unknown().transform(schemaIn).optional(),
      }),
    )
    .nullish(),
});

/** Gives back the inputs that the run was started with, and the system's variables (`facts/dify-dsl-engine.md` §4.1). */
export const start = defineNode({
  types: ['start'],
  role: 'root',
  config,
  run({ variables }, { node, pool }) {
    const inputs: Record<string, Value> = {};
    for (const { variable, type, required, json_schema } of variables ?? []) {
      const value = pool.get([node.id, variable])?.value;
      if (type === 'json_object')
        checkObject(variable, value ?? null, required === true, json_schema ?? null);
      if (value !== undefined) inputs[variable] = value;
    }
    const outputs = { ...inputs };
    for (const [name, { value }] of pool.variablesOf(SYSTEM)) outputs[`sys.${name}`] = value;
    return { inputs, outputs };
  },
});

function checkObject(name: string, value: Value, required: boolean, schema: ValueRecord | null): void {
  if (value === null) {
    if (required) throw new Error(`${name} is required in input form`);
    return;
  }
  if (!isRecord(value)) throw new Error(`JSON object for '${name}' must be an object`);
  const problem = schema === null ? null : objectProblem(value as ValueRecord, schema);
  if (problem !== null) throw new Error(`JSON object for '${name}' does not match schema: ${problem}`);
}

/** Files have the schema as an object, or as JSON. Null: anything fits. */
function schemaIn(given: unknown): ValueRecord | null {
  const read = typeof given === 'string' ? parsed(given) : given;
  return isRecord(read) && Object.keys(read).length > 0 ? (read as ValueRecord) : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
