import type { ChatModel } from '../../../models/chat-model.ts';
import { askModel } from '../model/ask-model.ts';
import type { UsageRecord } from '../model/usage-record.ts';
import type { NodeContext } from '../node-context.ts';
import { NodeError } from '../node-error.ts';
import type { NodeUsage } from '../node-result.ts';

/** Hears of the calls of a model. */
export interface CallListener {
  begun?(): void;
  /** A call has ended well. */
  used(usage: UsageRecord): void;
  /** A call has failed after something had been said. */
  wasted(usage: NodeUsage): void;
}

/** The same model, each of whose calls is counted on behalf of a node (`model/ask-model.ts`). */
export function countedModel(
  model: ChatModel,
  { services }: Pick<NodeContext, 'services'>,
  listener: CallListener,
): ChatModel {
  return {
    provider: model.provider,
    name: model.name,
    contextWindow: model.contextWindow,
    async chat(request, onDelta, { signal }) {
      listener.begun?.();
      try {
        const { result, usage } = await askModel({ services, signal }, model, request, onDelta);
        listener.used(usage);
        return result;
      } catch (error) {
        if (error instanceof NodeError && error.details.usage) listener.wasted(error.details.usage);
        throw error;
      }
    },
  };
}
