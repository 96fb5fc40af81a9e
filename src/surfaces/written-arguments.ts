import type { ToolUse } from '../runs/thought.ts';

/**
 * Arguments of a tool as a JSON text: as the model wrote them, for numbers of more digits than JavaScript's would come out
 * otherwise; malformed ones as a JSON string.
 */
export function writtenArguments({ arguments: written }: Pick<ToolUse, 'arguments'>): string {
  const text = written.trim() === '' ? '{}' : written.trim();
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(written);
  }
}
