import type { SpeechModel } from '../speech-model.ts';
import { callAudioModel } from './call-audio-model.ts';
import { type AudioEndpoint, loadOpenAI } from './load-openai.ts';

/** Text to speech of an OpenAI-compatible provider: `POST {base}/audio/speech`, answered with MP3. */
export function createSpeechModel(endpoint: AudioEndpoint, name: string, defaultVoice: string): SpeechModel {
  return {
    defaultVoice,
    async speak(text, { voice, language, signal }) {
      signal.throwIfAborted();
      const model = (await loadOpenAI(endpoint)).speech(name);
      const generate = (abortSignal: AbortSignal) =>
        Promise.resolve(
          model.doGenerate({
            text,
            voice: voice || defaultVoice,
            outputFormat: 'mp3',
            abortSignal,
            ...(language === undefined ? {} : { language }),
          }),
        );
      const { audio } = await callAudioModel(generate, endpoint, { signal });
      const data = typeof audio === 'string' ? Buffer.from(audio, 'base64') : audio;
      return { data, mimeType: 'audio/mpeg' };
    },
  };
}
