import { sizeUpTo } from '../../../config/size-up-to.ts';
import { NodeError } from '../node-error.ts';
import type { NodeResult } from '../node-result.ts';
import { MAX_OUTPUT_CHARACTERS } from '../workflow-limits.ts';

/** How a node fails that gives more than a run can hold; null: it does not. Costs next to nothing for what is small. */
export function outputsProblem({
  outputs,
  inputs,
  processData,
  usage,
  metadata,
}: NodeResult): NodeError | null {
  let size = 0;
  for (const name of Object.keys(outputs)) {
    const value = outputs[name];
    if (typeof value === 'string') size += value.length;
    else if (typeof value === 'object' && value !== null)
      size += sizeUpTo(MAX_OUTPUT_CHARACTERS - size, value);
    if (size > MAX_OUTPUT_CHARACTERS) {
      const text = `The outputs of the node are larger than ${MAX_OUTPUT_CHARACTERS} characters.`;
      return new NodeError('OutputTooLargeError', text, {
        ...(inputs && { inputs }),
        ...(processData && { processData }),
        ...(usage && { usage }),
        ...(metadata && { metadata }),
      });
    }
  }
  return null;
}
