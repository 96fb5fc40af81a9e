import * as z from 'zod';
import { invalidParam, ParleyError } from '../../../errors.ts';
import { findMessage } from '../../../store/messages.ts';
import { AUDIO_MB, collectAudio } from '../../collect-audio.ts';
import { type FormFile, readForm } from '../../read-form.ts';
import { discard } from '../../receive-file.ts';
import { badRequest } from '../errors.ts';
import { type DifyContext, defineRoute } from '../route.ts';
import { looseBoolean, readUuid } from '../schema.ts';

/** Formats of Dify's code and of its documents (`facts/dify-wire.md` §10), in the spellings that clients send. */
const AUDIO_TYPES: readonly string[] = [
  ...['mp3', 'm4a', 'wav', 'amr', 'mpga', 'mp4', 'mpeg', 'webm'].map((format) => `audio/${format}`),
  ...['audio/x-m4a', 'audio/x-wav', 'audio/wave', 'audio/vnd.wave', 'audio/x-mp3', 'audio/mpeg3'],
  ...['video/mp4', 'video/mpeg', 'video/webm'],
];

/** A recording as it came: its bytes, or why they were not kept. */
interface Recording extends Omit<FormFile, 'stream'> {
  readonly data: Buffer | 'too large' | 'not wanted';
}

/** `facts/dify-wire.md` §10. The whole recording goes to the model at once, so it is held in memory. */
export const transcribe = defineRoute({
  method: 'POST',
  path: '/audio-to-text',
  summary: 'Turn speech into text',
  tag: 'Audio',
  modes: 'any',
  user: { in: 'form' },
  body: 'multipart',
  response: { status: 200, schema: z.object({ text: z.string() }) },
  async handle({ app, parts, request, reply, identify, signal }) {
    let recording = undefined as Recording | undefined;
    const { fields } = await readForm(request, reply, async ({ stream, ...file }) => {
      if (file.field !== 'file' || recording) return discard(stream);
      const wanted = app.config.speechToText && AUDIO_TYPES.includes(file.mimeType);
      recording = { ...file, data: wanted ? await collectAudio(stream, tooLarge) : 'not wanted' };
      if (!wanted) await discard(stream);
    });
    if (!recording) throw new ParleyError('bad_request_key_error', 400, badRequest().message);
    if (!app.config.speechToText) throw invalidParam('Speech to text is not enabled');
    const { data, mimeType, filename } = recording;
    if (data === 'not wanted')
      throw new ParleyError('unsupported_audio_type', 415, 'Audio type not allowed.');
    if (data === 'too large') throw tooLarge();
    await identify(fields.get('user'));
    return { text: await parts.services.transcribe(app, { data, mimeType, filename }, { signal }) };
  },
});

function tooLarge(): ParleyError {
  return new ParleyError('audio_too_large', 413, `Audio size larger than ${AUDIO_MB} mb`);
}

const TextToAudioPayload = z.object({
  message_id: z.string().nullish(),
  text: z.string().nullish(),
  voice: z.string().nullish(),
  streaming: looseBoolean.nullish(),
});

/**
 * `facts/dify-wire.md` §10. JSON, or a form as in seed 003. A message that is not this end user's own is as unknown
 * as any: the body is `null` then.
 */
export const speak = defineRoute({
  method: 'POST',
  path: '/text-to-audio',
  summary: 'Turn text into speech',
  tag: 'Audio',
  modes: 'any',
  user: { in: 'body', required: false },
  body: { name: 'TextToAudioPayload', schema: TextToAudioPayload, form: true },
  response: { status: 200, bytes: 'audio/mpeg' },
  async handle(context, { body }) {
    const { app, parts, reply, signal } = context;
    const text = body.message_id ? await answerOf(context, body.message_id) : body.text;
    if (body.message_id && !text) return reply.type('application/json; charset=utf-8').send('null');
    if (!text) throw invalidParam('Text is required');
    const voice = body.voice ?? null;
    if (voice === null && !app.config.textToSpeech.enabled) throw invalidParam('TTS is not enabled');
    const speech = await parts.services.speak(app, text, { voice, signal });
    return reply.type('audio/mpeg').send(Buffer.from(speech.data));
  },
});

async function answerOf({ owner, parts }: DifyContext, messageId: string): Promise<string | undefined> {
  const id = readUuid(messageId.trim());
  return id === null ? undefined : (await findMessage(parts.store, owner, id))?.answer;
}
