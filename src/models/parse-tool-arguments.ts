import { isRecord } from './is-record.ts';

/** The arguments that a model wrote for a tool; null when they are no JSON object. An empty text is none at all. */
export function parseToolArguments(text: string): Readonly<Record<string, unknown>> | null {
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}
