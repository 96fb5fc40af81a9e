import type { AppMode } from '../app.ts';
import type { DslNode } from './dsl-node.ts';

const BASIC: readonly AppMode[] = ['chat', 'agent-chat', 'completion'];
const WORKFLOW: readonly AppMode[] = ['advanced-chat', 'workflow'];

/** Modes of Dify that are known and not served, in words for the owner. */
const UNSERVED: ReadonlyMap<string, string> = new Map([
  ['agent', 'agents of the newer kind (mode agent)'],
  ['advanced-chat', 'chatflows (mode advanced-chat)'],
  ['workflow', 'workflows (mode workflow)'],
  ['rag-pipeline', 'knowledge pipelines (mode rag-pipeline)'],
]);

/**
 * The mode of an app (`facts/dify-dsl-engine.md` §2.1). A chat app whose `agent_mode` is on with an agent's strategy
 * is an agent app from before Dify had that mode, and Dify still runs it as one.
 *
 * @param options `workflows`: whether there is an engine for them
 */
export function readMode(
  root: DslNode,
  { workflows }: { readonly workflows: boolean },
):
  | { readonly kind: 'served'; readonly mode: AppMode }
  | { readonly kind: 'unserved'; readonly what: string }
  | null {
  const node = root.get('app').get('mode');
  const mode = node.text();
  if (mode === '') {
    node.problem('loss app mode: app.mode is required');
    return null;
  }
  if (mode === 'chat' && isLegacyAgent(root)) return { kind: 'served', mode: 'agent-chat' };
  const served = (workflows ? [...BASIC, ...WORKFLOW] : BASIC).find((known) => known === mode);
  if (served !== undefined) return { kind: 'served', mode: served };
  const what = UNSERVED.get(mode);
  if (what !== undefined) return { kind: 'unserved', what };
  node.problem(`app.mode: expected one of ${[...BASIC, ...UNSERVED.keys()].join(', ')}`);
  return null;
}

function isLegacyAgent(root: DslNode): boolean {
  const agent = root.get('model_config').get('agent_mode');
  const strategy = agent.get('strategy').value;
  return agent.get('enabled').value === true && (strategy === 'function_call' || strategy === 'react');
}
