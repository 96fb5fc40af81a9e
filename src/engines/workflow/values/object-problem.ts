import { schemaProblem } from '../../../tools/schema-problem.ts';
import { ToolError } from '../../../tools/tool-error.ts';
import type { ValueRecord } from './value.ts';

/**
 * What is wrong with an object by a JSON Schema of the app's author; null: nothing. Patterns that would take for ever are
 * left soon. The same schema must be the same object each time: what reading it has cost is remembered by it.
 */
export function objectProblem(object: ValueRecord, schema: Readonly<Record<string, unknown>>): string | null {
  try {
    return schemaProblem(schema, object);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return error.kind === 'failed' ? 'the schema cannot be used' : error.message;
  }
}
