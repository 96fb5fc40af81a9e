import { transcript } from '../../prompt/transcript.ts';
import type { WorkflowServices } from '../workflow-services.ts';
import type { MemoryConfig } from './memory-config.ts';
import { type RecallOptions, recall } from './recall.ts';

/**
 * What is remembered as text for the prompt of a node that has its own; empty: nothing. As in Dify the size of the
 * memory's window counts here whether the window is enabled or not.
 */
export async function memoryText(
  { history }: Pick<WorkflowServices, 'history'>,
  memory: MemoryConfig | null,
  options: Omit<RecallOptions, 'turns'>,
): Promise<string> {
  if (memory === null || history === null) return '';
  const remembered = await recall(history, { ...options, turns: memory.window?.size ?? null });
  return transcript(remembered, 'Human', 'Assistant');
}
