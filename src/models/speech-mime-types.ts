import type { SpeechFormat } from './speech-model.ts';

/** What speech of each format is called on the wire. */
export const speechMimeTypes: Readonly<Record<SpeechFormat, string>> = {
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
  opus: 'audio/ogg',
};
