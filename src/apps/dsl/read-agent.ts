import { isRecord } from '../../config/is-record.ts';
import type { AgentConfig, AppConfig, ToolRef } from '../app.ts';
import type { DslNode } from './dsl-node.ts';

/** Where a file says nothing, and the most that Dify goes to (`facts/dify-dsl-engine.md` §2.3, §8.4). */
const DEFAULT_ITERATIONS = 10;
const MAX_ITERATIONS = 99;

/** Reads `agent_mode`. Entries of tools that are off, or that only name a dataset, are none. */
export function readAgent(node: DslNode, model: AppConfig['model']): AgentConfig {
  node.mapping();
  const prompt = node.get('prompt').get('first_prompt').text();
  const tools = node.get('tools');
  return {
    strategy: strategyOf(node.get('strategy').text(), model),
    maxIterations: Math.max(1, Math.min(node.get('max_iteration').count(DEFAULT_ITERATIONS), MAX_ITERATIONS)),
    prompt: prompt.trim() === '' ? null : prompt,
    tools: (tools.isAbsent ? [] : tools.items()).filter(isEnabled).map(readTool),
  };
}

/** `facts/dify-dsl-engine.md` §2.3, strategy mapping. A model that continues a text can be given no functions. */
function strategyOf(name: string, { provider, mode }: AppConfig['model']): AgentConfig['strategy'] {
  if (mode === 'completion' || name === 'cot' || name === 'react') return 'react';
  if (name === 'function_call' || name === '') return 'function_call';
  return provider.split('/').at(-1) === 'openai' ? 'function_call' : 'react';
}

/** `facts/dify-dsl-engine.md` §2.3: single-key entries are datasets of old agents. */
function isEnabled(entry: DslNode): boolean {
  return isRecord(entry.value) && entry.get('dataset').isAbsent && entry.get('enabled').boolean(false);
}

function readTool(entry: DslNode): ToolRef {
  const tool = entry.get('tool_name').word();
  if (tool === '') entry.problem('tool_name is required');
  const id = entry.get('provider_id').word();
  const name = entry.get('provider_name').word();
  if (id === '' && name === '') entry.problem('provider_id or provider_name is required');
  return {
    providerType: entry.get('provider_type').word('builtin'),
    providerId: id,
    providerName: name,
    tool,
    label: entry.get('tool_label').word(),
    values: entry.get('tool_parameters').mapping(),
    line: entry.line,
  };
}
