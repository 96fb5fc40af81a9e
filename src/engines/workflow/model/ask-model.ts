import type {
  ChatDelta,
  ChatModel,
  ChatRequest,
  ChatResult,
  TokenUsage,
} from '../../../models/chat-model.ts';
import { countUsage } from '../../../models/count-usage.ts';
import type { NodeContext } from '../node-context.ts';
import { modelError } from './model-error.ts';
import { modelUsage, type UsageRecord, usageRecord } from './usage-record.ts';

export interface ModelAnswer {
  readonly result: ChatResult;
  readonly usage: UsageRecord;
}

/**
 * Asks a model once, on behalf of a node, and tells what that has used: as the provider reports it, else as counted here.
 * Of a call that failed, what had been said counts; of one that was stopped, the prompt counts too, for it was on its way.
 *
 * @throws NodeError for a failure of the model, with the usage up to then; the signal's reason
 */
export async function askModel(
  { services, signal }: Pick<NodeContext, 'services' | 'signal'>,
  model: ChatModel,
  request: ChatRequest,
  onDelta: (delta: ChatDelta) => void = () => {},
): Promise<ModelAnswer> {
  signal.throwIfAborted();
  const { clock, models } = services;
  const began = clock.now();
  let firstToken: number | null = null;
  let said = '';
  const account = async (tokens: TokenUsage): Promise<UsageRecord> => {
    const times = { began, firstToken, ended: clock.now() };
    const record = usageRecord(tokens, await models.price(model, tokens), times);
    services.onModelUsage(modelUsage(record));
    return record;
  };
  let result: ChatResult;
  try {
    result = await model.chat(
      request,
      (delta) => {
        if (delta.text !== '') firstToken ??= clock.now();
        said += delta.text;
        onDelta(delta);
      },
      { signal },
    );
  } catch (error) {
    const hasBegun = said !== '' || signal.aborted;
    throw modelError(error, hasBegun ? await account(countUsage(request, said)) : null);
  }
  const usage = await account(result.usage ?? countUsage(request, said, result.toolCalls));
  return { result, usage };
}
