import type { AppConfig } from '../app.ts';
import type { DslNode } from './dsl-node.ts';

const MAX_STOP_WORDS = 4;

/**
 * Reads `model_config.model`. `stop` moves out of `completion_params`, where Dify stores it, and is also found beside
 * it. A missing mode means `chat`: Dify resolves it from the model's own schema at run time, and the models of today
 * are chat models.
 */
export function readModel(node: DslNode): AppConfig['model'] {
  if (node.isAbsent) node.problem('model_config.model is required');
  node.mapping();
  const params = node.get('completion_params');
  const { stop: _, ...completionParams } = params.mapping();
  const inParams = params.get('stop');
  const stopNode = inParams.isAbsent ? node.get('stop') : inParams;
  const stop = stopWords(stopNode);
  if (stop.length > MAX_STOP_WORDS) stopNode.problem(`model.stop has more than ${MAX_STOP_WORDS} entries`);
  return {
    provider: required(node, 'provider'),
    name: required(node, 'name'),
    mode: node.get('mode').oneOf(['chat', 'completion'], 'chat'),
    completionParams,
    stop,
  };
}

function stopWords(node: DslNode): readonly string[] {
  if (typeof node.value === 'string') return node.value === '' ? [] : [node.value];
  return node
    .items()
    .map((item) => item.word())
    .filter((word) => word !== '');
}

function required(model: DslNode, key: 'provider' | 'name'): string {
  const value = model.get(key).word();
  if (value === '' && !model.isAbsent) model.get(key).problem(`model_config.model.${key} is required`);
  return value;
}
