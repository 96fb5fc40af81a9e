import type { DslProblem } from './dsl-error.ts';
import type { DslNode } from './dsl-node.ts';

/** Parts of a `model_config` that Parley does not serve yet. The app loads without them; the owner is told. */
export function unservedParts(config: DslNode, externalVariables: readonly DslNode[]): readonly DslProblem[] {
  const warnings: DslProblem[] = [];
  const warn = (node: DslNode, part: string) =>
    warnings.push({ line: node.line, reason: `${part} not served yet; the app runs without` });

  for (const tool of [...externalVariables, ...config.get('external_data_tools').items()]) {
    const enabled = tool.get('enabled').value;
    if (enabled === true || (enabled === undefined && externalVariables.includes(tool))) {
      warn(tool, `the external data tool for ${tool.get('variable').word('its variable')} is`);
    }
  }
  const annotations = config.get('annotation_reply');
  if (annotations.get('enabled').value === true) warn(annotations, 'annotation replies are');

  const datasets = config.get('dataset_configs').get('datasets').get('datasets');
  const attached = Array.isArray(datasets.value) ? datasets.items() : [];
  const inTools = config.get('agent_mode').get('tools');
  const legacy = Array.isArray(inTools.value)
    ? inTools.items().filter((tool) => !tool.get('dataset').isAbsent)
    : [];
  for (const [list, items] of [
    [datasets, attached],
    [inTools, legacy],
  ] as const) {
    if (items.some((item) => item.get('dataset').get('enabled').value !== false)) warn(list, 'knowledge is');
  }
  return warnings;
}
