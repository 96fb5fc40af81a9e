import type { EngineTask } from '../../runs/engine.ts';
import type { EngineParts } from '../engine-parts.ts';
import { Memory } from '../prompt/memory.ts';
import type { WorkflowHistory } from '../workflow/workflow-services.ts';

/** What was said before this turn; null: the run is in no conversation. */
export function workflowHistory(parts: EngineParts, task: EngineTask): WorkflowHistory | null {
  if (task.conversation === null) return null;
  return {
    async within({ turns, maxTokens }) {
      const messages = await new Memory(parts, task).within(maxTokens);
      if (turns === null) return messages;
      let left = turns;
      for (let at = messages.length - 1; at >= 0; at -= 1) {
        if (left === 0) return messages.slice(at + 1);
        if (messages[at]?.role === 'user') left -= 1;
      }
      return messages;
    },
  };
}
