import { parseToolArguments } from './parse-tool-arguments.ts';

/**
 * The arguments of an earlier call as they go back to a model: always an object. Anthropic, Gemini and Bedrock take
 * nothing else, and vLLM, SGLang and llama.cpp answer every further request with 400 as long as one call before it is
 * no JSON. What is none is quoted, so that the model sees what it wrote beside the tool's complaint.
 */
export function replayedArguments(text: string): Readonly<Record<string, unknown>> {
  return parseToolArguments(text) ?? { invalid_arguments: text };
}
