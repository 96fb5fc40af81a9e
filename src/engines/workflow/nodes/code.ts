import { z } from 'zod';
import { isRecord } from '../../../config/is-record.ts';
import { SandboxError } from '../../../sandbox/sandbox-error.ts';
import { checkOutputs } from '../code/check-outputs.ts';
import { type CodeOutput, codeOutputsSchema } from '../code/code-outputs.ts';
import { pythonPackagesOf } from '../code/python-packages-of.ts';
import { withFloats } from '../code/with-floats.ts';
import { NodeError } from '../node-error.ts';
import { defineNode } from '../node-kind.ts';
import { pythonType } from '../values/python-text.ts';
import { typeOf } from '../values/type-of.ts';
import type { Value, ValueRecord } from '../values/value.ts';
import type { Variable } from '../values/variable.ts';
import { namedSelectors } from './schemas.ts';

const config = z.looseObject({
  code_language: z.enum(['python3', 'javascript']),
  code: z.string(),
  variables: namedSelectors,
  outputs: codeOutputsSchema,
});

/** Calls `main` of the author's code in the sandbox, and checks what it returns (`facts/dify-dsl-engine.md` §4.8). */
export const code = defineNode<z.infer<typeof config>>({
  types: ['code'],
  role: 'plain',
  retries: true,
  config,
  references: ({ variables }) => variables.map(({ selector }) => selector),
  needs: ({ code_language, code }) =>
    (code_language === 'python3' ? pythonPackagesOf(code) : []).map((name) => ({ kind: 'package', name })),
  async run(read, { pool, services, signal }) {
    const inputs: Record<string, Value> = {};
    for (const { name, selector } of read.variables) inputs[name] = inputOf(pool.get(selector));
    const value = await services.sandbox
      .run(
        { language: read.code_language, code: read.code, call: 'main', inputs, tenant: services.tenant },
        { signal },
      )
      .then((result) => result.value as Value)
      .catch((error: unknown) => {
        if (!(error instanceof SandboxError)) throw error;
        throw new NodeError('CodeExecutionError', error.message, { inputs, cause: error });
      });
    try {
      if (!isRecord(value)) {
        throw new NodeError('CodeExecutionError', `Result must be a dict, got ${pythonType(value)}`);
      }
      const outputs = checkOutputs(withFloats(value as ValueRecord) as ValueRecord, read.outputs);
      return { inputs, outputs, types: typesOf(outputs, read.outputs) };
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      throw new NodeError(error.type, error.message, { inputs, cause: error });
    }
  },
});

/** Null for what is not there, and for a list of no files. */
function inputOf(variable: Variable | undefined): Value {
  if (variable === undefined) return null;
  const { value } = variable;
  return typeOf(variable) === 'array[file]' && (value as readonly Value[]).length === 0 ? null : value;
}

/** Empty lists keep the type that was declared for them. */
function typesOf(outputs: ValueRecord, declared: Readonly<Record<string, CodeOutput>>) {
  return Object.fromEntries(
    Object.entries(declared).flatMap(([name, { type }]) =>
      type.startsWith('array[') && Array.isArray(outputs[name]) ? [[name, type as `array[string]`]] : [],
    ),
  );
}
