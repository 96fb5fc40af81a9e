import type { ConfiguredProvider } from './configured-provider.ts';
import type { SpeechModel } from './speech-model.ts';

/** What OpenAI publishes. Which of them one model takes is OpenAI's word; an owner's own `voices` stand in their place. */
const openaiVoices: readonly string[] = [
  ...['alloy', 'ash', 'ballad', 'coral', 'echo', 'fable'],
  ...['nova', 'onyx', 'sage', 'shimmer', 'verse'],
];

/**
 * A provider's voices by its options `voice` (the default) and `voices`. Nobody can ask a compatible server for its
 * list, so without options it has none to show; it is still asked to speak with OpenAI's first voice, which most know.
 */
export function findVoices(
  provider: Pick<ConfiguredProvider, 'type' | 'options'>,
): Pick<SpeechModel, 'defaultVoice' | 'voices'> {
  const { voice, voices } = provider.options;
  const chosen = [voice].filter(isName);
  const listed = Array.isArray(voices) ? voices.filter(isName) : [];
  const published = provider.type === 'openai' ? openaiVoices : [];
  const known = [...new Set([...chosen, ...(listed.length > 0 ? listed : published)])];
  return { defaultVoice: known[0] ?? 'alloy', voices: known };
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
