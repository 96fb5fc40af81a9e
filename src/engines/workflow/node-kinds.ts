import type { NodeKind } from './node-kind.ts';
import { agent } from './nodes/agent.ts';
import { answer } from './nodes/answer.ts';
import { assigner } from './nodes/assigner.ts';
import { code } from './nodes/code.ts';
import { documentExtractor } from './nodes/document-extractor.ts';
import { end } from './nodes/end.ts';
import { httpRequest } from './nodes/http-request.ts';
import { ifElse } from './nodes/if-else.ts';
import { iteration, iterationStart } from './nodes/iteration.ts';
import { knowledgeRetrieval } from './nodes/knowledge-retrieval.ts';
import { listOperator } from './nodes/list-operator.ts';
import { llm } from './nodes/llm.ts';
import { loop, loopEnd, loopStart } from './nodes/loop.ts';
import { parameterExtractor } from './nodes/parameter-extractor.ts';
import { questionClassifier } from './nodes/question-classifier.ts';
import { start } from './nodes/start.ts';
import { templateTransform } from './nodes/template-transform.ts';
import { tool } from './nodes/tool.ts';
import { variableAggregator } from './nodes/variable-aggregator.ts';

/** Every kind of node that the engine has. */
export const nodeKinds: readonly NodeKind[] = [
  start,
  end,
  answer,
  ifElse,
  code,
  templateTransform,
  httpRequest,
  variableAggregator,
  assigner,
  listOperator,
  documentExtractor,
  knowledgeRetrieval,
  tool,
  agent,
  iteration,
  iterationStart,
  loop,
  loopStart,
  loopEnd,
  llm,
  questionClassifier,
  parameterExtractor,
];
