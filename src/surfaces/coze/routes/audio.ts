import * as z from 'zod';
import type { ParleyError } from '../../../errors.ts';
import type { AppServices } from '../../../runs/app-services.ts';
import { AUDIO_MB, collectAudio } from '../../collect-audio.ts';
import { type FormFile, readForm } from '../../read-form.ts';
import { discard } from '../../receive-file.ts';
import { CozeError, missingResource, parameterError } from '../coze-error.ts';
import { namedId } from '../ids.ts';
import { pageNumber, pageOf, pageSize } from '../page.ts';
import { defineRoute } from '../route.ts';
import { flag, id, optional, optionalText, text } from '../schema.ts';

/** Of `input`, in UTF-8 (`facts/coze-wire.md` §16). */
const MAX_INPUT_BYTES = 1024;
/** The one that providers speak in, and Coze's default. */
const SAMPLE_RATE = 24_000;

/** Of `facts/coze-wire.md` §16; `ogg` and `opus` are what the JavaScript client's types call it. */
const FORMATS = { mp3: 'mp3', wav: 'wav', pcm: 'pcm', ogg_opus: 'opus', ogg: 'opus', opus: 'opus' } as const;

/** Emotion, loudness and context are taken and have no effect: models of this protocol have no such settings. */
const speech = z.object({
  input: text()
    .refine((input) => input.trim() !== '', { error: 'is empty' })
    .refine((input) => Buffer.byteLength(input) <= MAX_INPUT_BYTES, {
      error: `must have at most ${MAX_INPUT_BYTES} bytes of UTF-8`,
    }),
  voice_id: id,
  response_format: optionalText(z.enum(['mp3', 'wav', 'pcm', 'ogg_opus', 'ogg', 'opus'])),
  speed: optional(z.number().min(0.2).max(3)),
  sample_rate: optional(z.number().int().nonnegative()),
});

/** The answer is the recording itself; errors are never 2xx, for clients would play them (`facts/coze-wire.md` §1 rule 21). */
export const createSpeech = defineRoute({
  method: 'POST',
  path: '/v1/audio/speech',
  summary: 'Turn text into speech',
  scopes: ['createSpeech'],
  errors: 'bytes',
  body: speech,
  async handle({ parts, reply, signal }, { body }) {
    const format = FORMATS[body.response_format ?? 'mp3'];
    const rate = body.sample_rate || SAMPLE_RATE;
    if ((format === 'pcm' || format === 'wav') && rate !== SAMPLE_RATE)
      throw parameterError(`sample_rate ${rate} is not supported for ${format}; it is ${SAMPLE_RATE}.`);
    const voice = voiceName(parts.services, body.voice_id);
    const { data, mimeType } = await orNobody(
      'can speak',
      parts.services.speak(null, body.input, {
        voice,
        format,
        ...(body.speed === undefined ? {} : { speed: body.speed }),
        signal,
      }),
    );
    if (data.length === 0) throw parameterError('input has nothing to say.');
    return reply.type(mimeType).send(Buffer.from(data));
  },
});

/**
 * A voice by its id or its name. A name that is not listed may still be known to the provider, which then decides; a
 * number is an id, of a voice that is gone or another server's, wherever voices are listed at all.
 */
function voiceName(services: AppServices, voiceId: string): string {
  const voices = services.voices();
  const voice = voices.find(({ name }) => name === voiceId || namedId('voice', name) === voiceId);
  if (!voice && voices.length > 0 && /^\d+$/.test(voiceId)) throw missingResource('voice_id', voiceId);
  return voice?.name ?? voiceId;
}

/** A recording as it came: its bytes, or why they were not kept. */
interface Recording extends Omit<FormFile, 'stream'> {
  readonly data: Buffer | 'too large' | 'not wanted';
}

/** The one file of the form, whatever its part is called: documents and SDKs differ (`facts/coze-wire.md` §18). */
export const transcribe = defineRoute({
  method: 'POST',
  path: '/v1/audio/transcriptions',
  summary: 'Turn speech into text',
  scopes: ['createTranscription'],
  body: 'multipart',
  async handle({ parts, request, reply, signal }) {
    const recordings: Recording[] = [];
    await readForm(request, reply, async ({ stream, ...file }) => {
      const wanted = recordings.length === 0 && mayBeAudio(file.mimeType);
      if (!wanted) await discard(stream);
      recordings.push({ ...file, data: wanted ? await collectAudio(stream, tooLarge) : 'not wanted' });
    });
    const [recording, ...others] = recordings;
    if (!recording) throw new CozeError(4300, 'The form has no file.');
    if (others.length > 0) throw new CozeError(4301, 'Only one file is allowed.');
    const { data, mimeType, filename } = recording;
    if (data === 'not wanted') throw new CozeError(4303, 'The type of the file is not supported.');
    if (data === 'too large') throw tooLarge();
    if (data.length === 0) throw new CozeError(4300, 'The file is empty.');
    const audio = { data, mimeType, filename };
    const said = await orNobody('turns speech into text', parts.services.transcribe(null, audio, { signal }));
    return { data: { text: said } };
  },
});

/** What the name and the provider then decide: many clients say no type, or the one that means any. */
function mayBeAudio(mimeType: string): boolean {
  return /^(?:audio|video)\/|^application\/(?:ogg|octet-stream)$|^(?:text\/plain)?$/i.test(
    mimeType.split(';')[0]?.trim() ?? '',
  );
}

function tooLarge(): CozeError {
  return new CozeError(4302, `The recording is larger than ${AUDIO_MB} MB.`, 413);
}

/** Every voice is the provider's own, and no more is known of it than its name. */
export const listVoices = defineRoute({
  method: 'GET',
  path: '/v1/audio/voices',
  summary: 'List voices',
  scopes: ['listVoice'],
  query: z.object({
    filter_system_voice: flag,
    model_type: optionalText(z.enum(['big', 'small'])),
    voice_state: optionalText(z.enum(['init', 'cloned', 'all'])),
    page_num: pageNumber,
    page_size: pageSize(100),
  }),
  async handle({ parts }, { query }) {
    const none = query.filter_system_voice || query.model_type === 'small' || query.voice_state === 'cloned';
    const voices = none ? [] : parts.services.voices();
    const { items, hasMore } = pageOf(voices, query.page_num, query.page_size);
    return { data: { voice_list: items.map(wireVoice), has_more: hasMore } };
  },
});

/** `facts/coze-wire.md` §16, with every field that cozepy requires (§20). */
function wireVoice({ name }: { readonly name: string }) {
  return {
    voice_id: namedId('voice', name),
    name,
    is_system_voice: true,
    language_code: '',
    language_name: '',
    preview_text: '',
    preview_audio: '',
    available_training_times: 0,
    create_time: 0,
    update_time: 0,
    model_type: 'big',
    state: 'init',
    support_emotions: [],
  };
}

/** What a server without such a provider says: the house's own words are Dify's, and send people to a page it has not. */
async function orNobody<T>(does: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const { code } = error as Partial<ParleyError>;
    if (code !== 'provider_not_initialize' && code !== 'provider_not_support_speech_to_text') throw error;
    throw new CozeError(4012, `No model provider of this server ${does}.`, 200, { cause: error });
  }
}
