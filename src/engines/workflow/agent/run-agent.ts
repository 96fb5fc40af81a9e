import type { AgentTurn } from '../../agent/agent-turn.ts';
import { functionCall } from '../../agent/function-call.ts';
import { MaxIterationsError } from '../../agent/max-iterations-error.ts';
import type { OfferedTool } from '../../agent/offered-tools.ts';
import { react } from '../../agent/react/react.ts';
import { summarize } from '../../agent/summarize.ts';
import { findModel } from '../model/model-config.ts';
import { readParams } from '../model/read-params.ts';
import type { NodeContext } from '../node-context.ts';
import { asNodeError, NodeError } from '../node-error.ts';
import type { NodeDetails, NodeResult } from '../node-result.ts';
import { usageOfCall } from '../tools/usage-of-call.ts';
import type { FileValue } from '../values/file-value.ts';
import type { AgentConfig } from './agent-config.ts';
import type { AgentWork } from './agent-inputs.ts';
import { AgentLog } from './agent-log.ts';
import { agentPrompt } from './agent-prompt.ts';
import { countedModel } from './counted-model.ts';
import { logData } from './log-data.ts';
import { NodeWriter } from './node-writer.ts';
import { UsageOfAgent } from './usage-of-agent.ts';

/** Images are shown to the model as small as Dify shows them where nothing is said of it. */
const DETAIL = 'low';

/**
 * Lets an agent work until it has an answer.
 *
 * @throws NodeError with what it had used and done; the signal's reason
 */
export async function runAgent(
  config: AgentConfig,
  work: AgentWork,
  offered: ReadonlyMap<string, OfferedTool>,
  context: NodeContext,
): Promise<NodeResult> {
  const { signal, emit, report } = context;
  const usage = new UsageOfAgent();
  const files: FileValue[] = [];
  const log = new AgentLog(context, {
    provider: config.model.provider,
    model: config.model.name,
    data: logData[config.strategy],
    iconOf: (name) => offered.get(name)?.tool.icon ?? null,
  });
  const details = (): NodeDetails => ({
    inputs: work.shown,
    metadata: {
      tool_info: { icon: null, agent_strategy: config.strategyName },
      agent_log: log.entries,
    },
    ...(usage.total === null ? {} : { usage: usage.total }),
  });
  try {
    const turn = turnOf(config, work, offered, context, { usage, files, log });
    await (config.strategy === 'react' ? react : functionCall)(turn);
    emit('text', '', { final: true });
    const { resources } = work.context;
    if (resources.length > 0) report({ kind: 'retriever_resources', resources });
    return {
      outputs: {
        text: turn.writer.answer,
        usage: usage.own ?? {},
        files,
        json: [...log.outputs, { data: [] }],
      },
      types: { files: 'array[file]' },
      ...details(),
    };
  } catch (error) {
    signal.throwIfAborted();
    const failure = asFailure(error);
    log.fail(failure.message);
    throw new NodeError(failure.type, failure.message, { ...failure.details, ...details(), cause: error });
  }
}

interface Kept {
  readonly usage: UsageOfAgent;
  readonly files: FileValue[];
  readonly log: AgentLog;
}

function turnOf(
  config: AgentConfig,
  { instruction, query, files, maxIterations }: AgentWork,
  offered: ReadonlyMap<string, OfferedTool>,
  context: NodeContext,
  kept: Kept,
): AgentTurn {
  const { services, signal, pool } = context;
  const { usage, log } = kept;
  const { provider, name, mode } = config.model;
  const found = findModel(services, config.model);
  const used = { wasted: usage.addOther.bind(usage), used: usage.add.bind(usage) };
  const silent = countedModel(found, context, used);
  const model = countedModel(found, context, {
    ...used,
    begun: () => log.asked(),
    used(record) {
      usage.add(record);
      log.used(record);
    },
  });
  return {
    model,
    ref: { provider, name, mode },
    maxIterations,
    template: null,
    earlier: [],
    offered,
    prompt: agentPrompt({
      ...{ model, mode, instruction, query, ...readParams(config.model, pool) },
      files: files.map((file) => services.files.contentOf(file, { detail: DETAIL })),
      history: config.memory === null ? null : services.history,
      turns: config.memory?.window?.size ?? null,
    }),
    writer: new NodeWriter(context),
    usage: null,
    context: {
      ...services.toolContext({ signal, onUsage: (spent) => usage.addOther(usageOfCall(spent)) }),
      summarize: (text, options) => summarize(silent, { spent() {} }, text, options.signal),
    },
    showsFiles: true,
    async keepFile({ data: bytes, filename, mimeType }) {
      const file = await services.files.save({ bytes, filename, mimeType }, { signal });
      kept.files.push(file);
      return { id: file.related_id ?? '', filename: file.filename ?? filename };
    },
    onError: (error) => services.onError(error),
    onCall: (use, state) => log.call(use, state),
    think: (thought) => log.think(thought),
  };
}

function asFailure(error: unknown): NodeError {
  if (!(error instanceof MaxIterationsError)) return asNodeError(error);
  return new NodeError('AgentMaxIterationError', error.message, { cause: error });
}
