import type { TranscriptionModel } from '../speech-model.ts';
import { callAudioModel } from './call-audio-model.ts';
import { type AudioEndpoint, loadOpenAI } from './load-openai.ts';

/** Speech to text of an OpenAI-compatible provider: `POST {base}/audio/transcriptions`. */
export function createTranscriptionModel(endpoint: AudioEndpoint, name: string): TranscriptionModel {
  return {
    async transcribe(audio, { signal }) {
      signal.throwIfAborted();
      const model = (await loadOpenAI(endpoint)).transcription(name);
      const generate = (abortSignal: AbortSignal) =>
        Promise.resolve(model.doGenerate({ audio: audio.data, mediaType: mediaType(audio), abortSignal }));
      const { text } = await callAudioModel(generate, endpoint, { signal });
      return { text };
    },
  };
}

/**
 * The package names the uploaded file after its media type, and OpenAI reads the format from that name: types that
 * clients send in several spellings are brought to one whose name OpenAI knows.
 */
function mediaType(audio: { readonly mimeType: string; readonly filename: string }): string {
  const type = (audio.mimeType.split(';')[0] ?? '').trim().toLowerCase();
  const extension = /\.([a-z0-9]+)$/i.exec(audio.filename)?.[1]?.toLowerCase();
  const named =
    type.startsWith('audio/') || type.startsWith('video/') ? type : `audio/${extension ?? 'mpeg'}`;
  switch (named) {
    case 'audio/mp3':
    case 'audio/mpga':
      return 'audio/mpeg';
    case 'audio/m4a':
      return 'audio/mp4';
    case 'audio/wave':
    case 'audio/vnd.wave':
      return 'audio/wav';
    default:
      return named;
  }
}
