import { type Schema, Validator } from '@cfworker/json-schema';
import { ToolError } from '../tool-error.ts';
import { withinTime } from '../within-time.ts';
import { cleanText } from './clean-text.ts';

/** How long a check may block everything else. */
const LIMIT_MS = 100;

/**
 * Checks what a tool answered against the schema that its server promised. The validator interprets the schema, makes no
 * code of it, and is ended when it takes too long: a few nested references, or one regular expression, can keep it busy
 * for hours. A schema that cannot be checked in that time, or at all, promises nothing.
 *
 * @throws ToolError when they do not fit
 */
export function checkStructure(schema: Readonly<Record<string, unknown>>, value: unknown): void {
  let problem: string | null = null;
  try {
    // The validator marks what it has looked at.
    const copy = structuredClone(schema) as Schema;
    const draft = /draft-0[67]/.test(String(schema.$schema)) ? '7' : '2020-12';
    const { valid, errors } = withinTime(LIMIT_MS, () => new Validator(copy, draft, true).validate(value));
    if (!valid) problem = errors.at(-1)?.error ?? 'it differs';
  } catch {
    return;
  }
  if (problem === null) return;
  const text = `the tool's structured answer does not fit its own schema: ${cleanText(problem, 300)}`;
  throw new ToolError('failed', text);
}
