import type { App } from '../../apps/app.ts';
import { isRecord } from '../../config/is-record.ts';
import type { NodeValues } from '../../runs/workflow-event.ts';

/**
 * The passages that a run's answers were made with, as a message's end tells them: only where the app shows them, each
 * document of a dataset once, numbered anew (`facts/dify-dsl-engine.md` §7.7).
 */
export function mergeResources({ config }: App, resources: readonly NodeValues[]): readonly NodeValues[] {
  const feature = config.stored.retriever_resource;
  if (resources.length === 0 || !isRecord(feature) || feature.enabled !== true) return [];
  const first = new Map<string, NodeValues>();
  for (const resource of resources) {
    const key = `${resource.dataset_id}/${resource.document_id}`;
    if (!first.has(key)) first.set(key, resource);
  }
  return [...first.values()].map((resource, at) => ({ ...resource, position: at + 1 }));
}
