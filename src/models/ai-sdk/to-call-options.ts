import type {
  JSONObject,
  JSONValue,
  LanguageModelV3CallOptions,
  LanguageModelV3FunctionTool,
} from '@ai-sdk/provider';
import type { ChatRequest, ToolSpec } from '../chat-model.ts';
import { responseFormat } from '../response-format.ts';
import { stopSequences } from '../stop-sequences.ts';

const standard: Readonly<
  Record<
    string,
    'temperature' | 'topP' | 'topK' | 'maxOutputTokens' | 'presencePenalty' | 'frequencyPenalty' | 'seed'
  >
> = {
  temperature: 'temperature',
  top_p: 'topP',
  top_k: 'topK',
  max_tokens: 'maxOutputTokens',
  max_output_tokens: 'maxOutputTokens',
  max_completion_tokens: 'maxOutputTokens',
  max_tokens_to_sample: 'maxOutputTokens',
  presence_penalty: 'presencePenalty',
  frequency_penalty: 'frequencyPenalty',
  seed: 'seed',
};

const reserved = new Set([
  'stop',
  'response_format',
  'json_schema',
  'stream',
  'stream_options',
  'model',
  'messages',
  'tools',
  'functions',
]);

/**
 * Completion parameters of a DSL as AI SDK call options. What the SDK has no word for goes to the provider's own
 * options under its camel-case name.
 */
export function toCallOptions(
  request: ChatRequest,
  optionKeys: readonly string[],
): Omit<LanguageModelV3CallOptions, 'prompt' | 'abortSignal'> {
  const options: Omit<LanguageModelV3CallOptions, 'prompt' | 'abortSignal'> = {};
  const own: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(request.params)) {
    if (value === null || value === undefined || value === '' || reserved.has(name)) continue;
    const known = standard[name];
    if (known === undefined) own[camelCase(name)] = value;
    else if (Number.isFinite(Number(value))) options[known] = Number(value);
  }
  const stop = stopSequences(request);
  if (stop.length > 0) options.stopSequences = stop;
  const format = responseFormat(request.params);
  if (format?.kind === 'json') options.responseFormat = { type: 'json' };
  if (format?.kind === 'schema') {
    options.responseFormat = {
      type: 'json',
      name: format.name,
      schema: format.schema as NonNullable<
        (LanguageModelV3CallOptions['responseFormat'] & { type: 'json' })['schema']
      >,
      ...(format.description === undefined ? {} : { description: format.description }),
    };
  }
  if (request.tools?.length) options.tools = request.tools.map(functionTool);
  const ownOptions = thinking(own, optionKeys) as JSONObject;
  if (Object.keys(ownOptions).length > 0) {
    options.providerOptions = Object.fromEntries(optionKeys.map((key) => [key, ownOptions]));
  }
  return options;
}

/** Anthropic's eager streaming, on by default, would give pieces earlier that nobody waits for, and broken JSON at times. */
function functionTool({ name, description, parameters }: ToolSpec): LanguageModelV3FunctionTool {
  return {
    type: 'function',
    name,
    description,
    inputSchema: parameters as LanguageModelV3FunctionTool['inputSchema'],
    providerOptions: { anthropic: { eagerInputStreaming: false } },
  };
}

/** Dify's plugins write `thinking: true, thinking_budget: 1024`; the SDK wants each provider's own object. */
function thinking(own: Record<string, unknown>, optionKeys: readonly string[]): Record<string, unknown> {
  const { thinking: enabled, thinkingBudget, includeThoughts, thinkingLevel, ...rest } = own;
  const budget = Number.isFinite(Number(thinkingBudget ?? Number.NaN)) ? Number(thinkingBudget) : undefined;
  if (optionKeys.includes('google')) {
    const config = {
      ...(budget === undefined ? {} : { thinkingBudget: budget }),
      ...(typeof includeThoughts === 'boolean' ? { includeThoughts } : {}),
      ...(typeof thinkingLevel === 'string'
        ? { thinkingLevel: thinkingLevel.toLowerCase() as JSONValue }
        : {}),
    };
    return Object.keys(config).length > 0 ? { ...rest, thinkingConfig: config } : rest;
  }
  if (typeof enabled === 'object') return own;
  if (enabled !== true && enabled !== 'true') return rest;
  const config = { type: 'enabled', budgetTokens: budget ?? 1024 };
  return { ...rest, [optionKeys.includes('bedrock') ? 'reasoningConfig' : 'thinking']: config };
}

function camelCase(name: string): string {
  return name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
