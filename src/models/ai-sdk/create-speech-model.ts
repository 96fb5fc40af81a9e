import { speechMimeTypes } from '../speech-mime-types.ts';
import type { SpeechModel } from '../speech-model.ts';
import { callAudioModel } from './call-audio-model.ts';
import { type AudioEndpoint, loadOpenAI } from './load-openai.ts';

/** What OpenAI takes; beyond it refuses. */
const SLOWEST = 0.25;
const FASTEST = 4;

/** Text to speech of an OpenAI-compatible provider: `POST {base}/audio/speech`. */
export function createSpeechModel(
  endpoint: AudioEndpoint,
  name: string,
  { defaultVoice, voices }: { readonly defaultVoice: string | null; readonly voices: readonly string[] },
): SpeechModel {
  return {
    defaultVoice,
    voices,
    async speak(text, { voice, language, format = 'mp3', speed, signal }) {
      signal.throwIfAborted();
      const model = (await loadOpenAI(endpoint)).speech(name);
      const spokenBy = voice || defaultVoice;
      const generate = (abortSignal: AbortSignal) =>
        Promise.resolve(
          model.doGenerate({
            text,
            outputFormat: format,
            abortSignal,
            ...(spokenBy === null ? {} : { voice: spokenBy }),
            ...(language === undefined ? {} : { language }),
            // As a call option: the package checks `providerOptions.openai.speed`, and then does not send it.
            ...(speed === undefined ? {} : { speed: Math.min(FASTEST, Math.max(SLOWEST, speed)) }),
          }),
        );
      const { audio } = await callAudioModel(generate, endpoint, { signal });
      const data = typeof audio === 'string' ? Buffer.from(audio, 'base64') : audio;
      return { data, mimeType: speechMimeTypes[format] };
    },
  };
}
