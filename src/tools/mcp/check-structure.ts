import { type Schema, Validator } from '@cfworker/json-schema';
import { checkInTime } from '../check-in-time.ts';
import { ToolError } from '../tool-error.ts';
import { cleanText } from './clean-text.ts';

const validators = new WeakMap<object, Validator>();

/**
 * Checks what a tool answered against the schema that its server promised. The validator interprets the schema, makes no
 * code of it, and is ended when it takes too long (`check-in-time.ts`). A schema that cannot be checked in that time, or
 * at all, promises nothing.
 *
 * @throws ToolError when they do not fit
 */
export function checkStructure(schema: Readonly<Record<string, unknown>>, value: unknown): void {
  let problem: string | null = null;
  try {
    const result = checkInTime(schema, () => validatorOf(schema).validate(value));
    if (result !== null && !result.valid) problem = result.errors.at(-1)?.error ?? 'it differs';
  } catch {
    return;
  }
  if (problem === null) return;
  const text = `the tool's structured answer does not fit its own schema: ${cleanText(problem, 300)}`;
  throw new ToolError('failed', text);
}

function validatorOf(schema: Readonly<Record<string, unknown>>): Validator {
  let validator = validators.get(schema);
  if (!validator) {
    // The validator marks what it has looked at.
    const copy = structuredClone(schema) as Schema;
    const draft = /draft-0[67]/.test(String(schema.$schema)) ? '7' : '2020-12';
    validator = new Validator(copy, draft, true);
    validators.set(schema, validator);
  }
  return validator;
}
