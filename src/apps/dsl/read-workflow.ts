import type { ApiExtension, AppSettings } from '../../config/config.ts';
import type { AppConfig, WorkflowMode } from '../app.ts';
import type { WorkflowReader } from '../workflow-reader.ts';
import type { DslProblem } from './dsl-error.ts';
import type { DslNode } from './dsl-node.ts';
import { environmentWarnings } from './environment-warnings.ts';
import { graphNodes } from './graph-nodes.ts';
import { graphWarnings } from './graph-warnings.ts';
import { readConversationVariables } from './read-conversation-variables.ts';
import { readEnvironment } from './read-environment.ts';
import { readFeatures } from './read-features.ts';
import { readGraphNeeds } from './read-graph-needs.ts';
import { readStartForm } from './read-start-form.ts';
import { unservedParts } from './unserved-parts.ts';

export interface ReadWorkflowOptions {
  readonly mode: WorkflowMode;
  readonly apiExtensions: Readonly<Record<string, ApiExtension>>;
  readonly readWorkflow: WorkflowReader;
  readonly settings: AppSettings;
}

/** Reads the `workflow` of a workflow or chatflow (`facts/dify-dsl-engine.md` §2.2). */
export function readWorkflow(
  workflow: DslNode,
  { mode, apiExtensions, readWorkflow, settings }: ReadWorkflowOptions,
): { readonly config: AppConfig; readonly warnings: readonly DslProblem[] } {
  const graph = workflow.get('graph');
  const features = workflow.get('features');
  const variables = workflow.get('environment_variables');
  const form = readStartForm(startVariables(graph));
  const environment = readEnvironment(variables);
  const reading = readWorkflow(graph.value, mode);
  const nodes = graphNodes(graph);
  const needs = readGraphNeeds(graph, reading, nodes);
  const { stored, ...read } = readFeatures(features, apiExtensions);
  const [first = { provider: '', name: '', mode: 'chat' as const }] = needs.models;
  return {
    config: {
      model: {
        provider: first.provider,
        name: first.name,
        mode: first.mode,
        completionParams: {},
        stop: [],
      },
      prompt: { kind: 'simple', prePrompt: '' },
      inputForm: form.fields,
      ...read,
      agent: null,
      workflow: {
        graph: graph.value,
        environment,
        conversationVariables: readConversationVariables(workflow.get('conversation_variables')),
        ...needs,
      },
      // Where nothing is stored, a workflow shows no sources, other apps do (`facts/dify-wire.md` §9.1).
      stored: { retriever_resource: { enabled: false }, ...stored, user_input_form: form.stored },
    },
    warnings: [
      ...unservedParts(features, form.externalVariables),
      ...environmentWarnings(variables, environment, settings.env),
      ...graphWarnings(reading, environment, nodes),
    ],
  };
}

/** Of the start node; an absent list where there is none, which is for the reader of graphs to say. */
function startVariables(graph: DslNode): DslNode {
  const nodes = graph.get('nodes');
  const start = (Array.isArray(nodes.value) ? nodes.items() : []).findLast(
    (node) => node.get('type').value !== 'custom-note' && node.get('data').get('type').value === 'start',
  );
  return (start ?? graph).get('data').get('variables');
}
