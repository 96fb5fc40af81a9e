import type { ToolPart } from '../tool-part.ts';
import { boundText } from './bound-text.ts';

/** An answer that is a text and nothing else. */
export function answerText(text: string): readonly ToolPart[] {
  return [{ kind: 'text', text: boundText(text) }];
}
