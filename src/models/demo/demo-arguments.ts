import { isRecord } from '../is-record.ts';

/**
 * Arguments for a tool with these `parameters`, from the words of `question`: only what the schema requires, and of
 * that what has an obvious value. An enum has its first one, a text is the question, numbers are those of the question
 * in their order.
 */
export function demoArguments(
  parameters: Readonly<Record<string, unknown>>,
  question: string,
): Record<string, unknown> {
  const properties = isRecord(parameters.properties)
    ? new Map(Object.entries(parameters.properties))
    : new Map();
  const required = Array.isArray(parameters.required) ? parameters.required : [];
  const numbers = (question.match(/(?<![\w.])-?\d+(\.\d+)?/g) ?? []).map(Number);
  const found: [string, unknown][] = [];
  for (const name of required) {
    const schema: unknown = properties.get(name);
    const value = isRecord(schema) ? valueFor(schema, question, numbers) : undefined;
    if (value !== undefined) found.push([String(name), value]);
  }
  return Object.fromEntries(found);
}

function valueFor(schema: Readonly<Record<string, unknown>>, question: string, numbers: number[]): unknown {
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const types = [schema.type].flat();
  if (types.includes('string')) return question;
  if (types.includes('number')) return numbers.shift();
  if (types.includes('integer')) return takeInteger(numbers);
  return undefined;
}

function takeInteger(numbers: number[]): number | undefined {
  const position = numbers.findIndex(Number.isInteger);
  return position < 0 ? undefined : numbers.splice(position, 1)[0];
}
