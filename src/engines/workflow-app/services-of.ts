import type { ChatRequest, TokenUsage } from '../../models/chat-model.ts';
import { countUsage } from '../../models/count-usage.ts';
import type { EngineTask } from '../../runs/engine.ts';
import { newId } from '../../store/new-id.ts';
import { summarize } from '../agent/summarize.ts';
import { NodeError } from '../workflow/node-error.ts';
import { systemClock } from '../workflow/system-clock.ts';
import type { WorkflowServices } from '../workflow/workflow-services.ts';
import type { RunMeter } from './run-meter.ts';
import { workflowFiles } from './workflow-files.ts';
import { workflowHistory } from './workflow-history.ts';
import type { WorkflowParts } from './workflow-parts.ts';

/** The world as the nodes of one run know it. */
export function servicesOf(parts: WorkflowParts, task: EngineTask, meter: RunMeter): WorkflowServices {
  const { models, tools, outbound, sandbox } = parts;
  const { app, owner, user, conversation, callers, appCalls } = task;
  const allow = [...parts.outboundAllow, ...app.settings.outboundAllow];
  return {
    sandbox,
    tenant: app.id,
    outbound,
    allow,
    files: workflowFiles(parts, task, { outbound, allow }),
    models: { ...models, price: (model, usage) => meter.pricing(models.price(model, usage)) },
    onModelUsage: (usage) => meter.add(usage),
    history: workflowHistory(parts, task),
    tools,
    toolsAreOptional: app.settings.missingTools === 'ignore',
    toolContext: ({ signal, onUsage }) => ({
      appId: app.id,
      endUserId: owner.endUserId,
      user,
      conversationId: conversation?.id ?? null,
      allow,
      summarize: (text, options) => {
        const model = models.chat(app.config.model);
        const spent = async (request: ChatRequest, answer: string, reported: TokenUsage | null) => {
          const tokens = reported ?? countUsage(request, answer);
          meter.add({ ...tokens, ...(await models.price(model, tokens)) });
        };
        return summarize(model, { spent }, text, options.signal);
      },
      callers: [...callers, app.id],
      appCalls,
      onUsage(usage) {
        meter.add(usage);
        onUsage?.(usage);
      },
      signal,
    }),
    knowledge: {
      async retrieve({ datasetIds }) {
        throw new NodeError(
          'DatasetNotFoundError',
          `Dataset ${datasetIds.map((id) => `'${id}'`).join(', ')} not found: this server has no knowledge bases yet.`,
        );
      },
    },
    onError: parts.onError,
    clock: systemClock,
    newId,
  };
}
