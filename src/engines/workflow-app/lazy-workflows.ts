import type { WorkflowReader } from '../../apps/workflow-reader.ts';
import type { Engine } from '../../runs/engine.ts';
import type { WorkflowParts } from './workflow-parts.ts';

/** The engine of workflows and what reads their graphs, loaded together with the first workflow. */
export interface LazyWorkflows {
  /** Loads both. Whoever reads apps calls it for each that may be a workflow, so that no engine lacks its code. */
  readonly reader: () => Promise<WorkflowReader>;
  readonly engine: (parts: WorkflowParts) => Engine;
}

/** Two hundred modules, some 5 MB, that a server of chats alone does without. */
export function lazyWorkflows(): LazyWorkflows {
  let loading: ReturnType<typeof load> | undefined;
  let loaded: Awaited<ReturnType<typeof load>> | undefined;
  const loadOnce = async () => {
    loading ??= load();
    loaded = await loading;
    return loaded;
  };
  return {
    reader: async () => (await loadOnce()).readWorkflow,
    engine(parts) {
      let made: Engine | undefined;
      const engine = () => {
        if (loaded === undefined) throw new TypeError('A workflow was read without its reader.');
        made ??= loaded.workflowEngine(parts);
        return made;
      };
      return {
        check: (...given) => engine().check(...given),
        execute: (...given) => engine().execute(...given),
      };
    },
  };
}

async function load() {
  const [{ readWorkflow }, { workflowEngine }] = await Promise.all([
    import('../workflow/read-workflow.ts'),
    import('./workflow-engine.ts'),
  ]);
  return { readWorkflow, workflowEngine };
}
