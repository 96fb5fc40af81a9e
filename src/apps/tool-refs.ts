import type { AppConfig, ToolRef } from './app.ts';

/** The tools that an app names: those of an agent, or of a workflow's nodes, in the order of the file. */
export function toolRefsOf({ agent, workflow }: Pick<AppConfig, 'agent' | 'workflow'>): readonly ToolRef[] {
  return [...(agent?.tools ?? []), ...(workflow?.tools ?? [])];
}
