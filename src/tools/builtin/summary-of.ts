import type { ToolContext } from '../tool.ts';
import { boundText } from './bound-text.ts';

/** A text shortened by the app's own model; as it is where there is none at hand. */
export async function summaryOf(text: string, { summarize, signal }: ToolContext): Promise<string> {
  return boundText(summarize === null || text === '' ? text : await summarize(boundText(text), { signal }));
}
