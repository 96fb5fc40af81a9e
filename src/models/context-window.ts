import type { ProviderConfig } from '../config/config.ts';

/** First match wins. From the providers' model pages; deliberately the smallest window of each family. */
const families: readonly (readonly [RegExp, number])[] = [
  [/^gpt-4\.1/, 1_047_576],
  [/^(gpt-5-chat|gpt-4o|gpt-4-turbo|gpt-4-(1106|0125)|chatgpt-4o|o1-(mini|preview))/, 128_000],
  [/^gpt-5/, 400_000],
  [/^o\d/, 200_000],
  [/^gpt-4-32k/, 32_768],
  [/^gpt-4/, 8_192],
  [/^gpt-3\.5-turbo-instruct/, 4_096],
  [/^gpt-3\.5/, 16_385],
  [/^(davinci|babbage)-002/, 16_384],
  [/^gpt-oss/, 131_072],
  [/claude-2\.0|claude-instant/, 100_000],
  [/claude/, 200_000],
  [/gemini-1\.0|gemini-pro(-vision)?$/, 30_720],
  [/gemini/, 1_048_576],
  [/gemma-3n/, 32_768],
  [/gemma-?3/, 128_000],
  [/gemma/, 8_192],
  [/deepseek/, 64_000],
  [/(moonshot-v1|kimi).*8k/, 8_192],
  [/(moonshot-v1|kimi).*32k/, 32_768],
  [/moonshot-v1|kimi/, 128_000],
  [/glm-4-long/, 1_000_000],
  [/glm-4/, 128_000],
  [/qwen-max$/, 32_768],
  [/qwen-(plus|turbo|long|flash)/, 128_000],
  [/qwen-?(1\.5|2)(?!\.5)/, 32_768],
  [/qwen-?(2\.5|3)|qwq/, 32_768],
  [/llama-?2/, 4_096],
  [/llama-?3(?!\.\d)/, 8_192],
  [/llama/, 128_000],
  [/mixtral-8x22b/, 65_536],
  [/mixtral|mistral-7b|open-mistral/, 32_768],
  [/mistral|ministral|codestral|pixtral|magistral/, 128_000],
  [/grok/, 131_072],
  [/command-r/, 128_000],
  [/hunyuan-lite|hunyuan-large/, 32_768],
  [/ernie-4\.5|ernie-x1/, 32_768],
  [/ernie/, 8_192],
  [/yi-34b|yi-large/, 32_768],
  [/sonar/, 127_072],
];

/**
 * Tokens of prompt and answer together: the owner's word, else a known family's, else 128,000 for a hosted provider
 * and 8,192 for an address of the owner's, where a local model of any size may run. Kept as a small table because it
 * must be known synchronously, and the price list costs 15 MB.
 */
export function contextWindow(
  provider: Pick<ProviderConfig, 'models'>,
  model: string,
  hosted: boolean,
): number {
  const own = provider.models.find((entry) => entry.name === model)?.contextWindow;
  if (own !== undefined) return own;
  const name = (model.toLowerCase().split('/').at(-1) ?? '').replace(/^(us|eu|apac|global)\./, '');
  const family = families.find(([pattern]) => pattern.test(name));
  if (family) return family[1];
  return hosted ? 128_000 : 8_192;
}
