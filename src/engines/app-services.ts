import type { App } from '../apps/app.ts';
import { toolRefsOf } from '../apps/tool-refs.ts';
import { invalidParam } from '../errors.ts';
import type { ChatMessage } from '../models/chat-model.ts';
import { speechMimeTypes } from '../models/speech-mime-types.ts';
import type { SpeechFormat } from '../models/speech-model.ts';
import type { AppServices } from '../runs/app-services.ts';
import { withoutReasoning } from '../runs/reasoning.ts';
import { listContextMessages } from '../store/messages.ts';
import { uniqueNames } from '../tools/unique-names.ts';
import { splitForSpeech } from './answer/split-for-speech.ts';
import type { EngineParts } from './engine-parts.ts';

/** A title has at most 75 characters, then `...` (`facts/dify-wire.md` §7.1). */
const TITLE_LENGTH = 75;
/** Turns that suggestions look back on (`facts/dify-dsl-engine.md` §8.3). */
const SUGGESTION_TURNS = 3;
const SUGGESTIONS = 3;
/** Room for a model to think before it writes a line or three. */
const MAX_TOKENS = 1000;

/** How long a list of tools waits for those of servers elsewhere, which are asked all the same. */
const TOOLS_TIMEOUT_MS = 300;

const TITLE_PROMPT =
  'Write a short title for a conversation that begins with the message below. Use the language of the message, at ' +
  'most ten words, no quotation marks and no full stop. Answer with the title alone.\n\nMessage:\n';

const SUGGESTIONS_PROMPT =
  `Read the conversation and predict the ${SUGGESTIONS} questions that the human would most likely ask next. Write ` +
  'them in the language of the conversation, each shorter than 20 words. Answer with a JSON array of strings and ' +
  'nothing else.';

/**
 * Titles, suggestions, transcription and speech, by the app's own model or the owner's default. Transcription and
 * speech are there without an app as well.
 */
export function appServices({
  models,
  store,
  tools,
}: Pick<EngineParts, 'models' | 'store' | 'tools'>): AppServices {
  const ask = async (
    app: App,
    messages: ChatMessage[],
    params: object,
    signal: AbortSignal,
  ): Promise<string> => {
    let answer = '';
    const onDelta = (delta: { kind: string; text: string }) => {
      if (delta.kind === 'text') answer += delta.text;
    };
    await models.chat(app.config.model).chat({ messages, params: { ...params } }, onDelta, { signal });
    return withoutReasoning(answer);
  };

  return {
    async writeTitle(app, query, { signal }) {
      const messages: ChatMessage[] = [{ role: 'user', content: TITLE_PROMPT + query.slice(0, 2000) }];
      const answer = await ask(app, messages, { max_tokens: MAX_TOKENS }, signal);
      const title = answer
        .trim()
        .replace(/^["'“「]|["'”」]$/g, '')
        .replace(/\s+/g, ' ')
        .trim();
      if (title === '') throw invalidParam('The model gave no title.');
      const characters = [...title];
      return characters.length > TITLE_LENGTH ? `${characters.slice(0, TITLE_LENGTH).join('')}...` : title;
    },

    async suggestQuestions(app, owner, message, { signal }) {
      const { conversation_id: id, section } = message;
      const earlier = id
        ? await listContextMessages(
            store,
            owner,
            { id, section },
            {
              before: message,
              limit: SUGGESTION_TURNS - 1,
            },
          )
        : { rows: [] };
      const turns = [...earlier.rows.reverse(), message]
        .map((turn) => ({ query: turn.query, answer: withoutReasoning(turn.answer) }))
        .filter((turn) => turn.answer !== '')
        .map((turn) => `Human: ${turn.query}\nAssistant: ${turn.answer}`)
        .join('\n');
      const messages: ChatMessage[] = [{ role: 'user', content: `${turns}\n\n${SUGGESTIONS_PROMPT}` }];
      return readQuestions(await ask(app, messages, { max_tokens: MAX_TOKENS }, signal));
    },

    async tools({ config }) {
      const signal = AbortSignal.timeout(TOOLS_TIMEOUT_MS);
      const refs = toolRefsOf(config);
      const found = await Promise.all(refs.map((ref) => tools.find(ref, { signal }).catch(() => null)));
      // By the names that thoughts have them under (`agent/offered-tools.ts`).
      const unique = uniqueNames();
      const different = [...new Set(found)].filter((tool) => tool !== null);
      return different.map((tool) => ({ ...tool, name: unique(tool.name, tool.provider) }));
    },

    async transcribe(app, audio, options) {
      return (await models.transcription(app?.config.model).transcribe(audio, options)).text;
    },

    async speak(app, text, { voice, format = 'mp3', speed, signal }) {
      const speech = models.speech(app?.config.model);
      const chosen = voice || app?.config.textToSpeech.voice || speech.defaultVoice;
      if (!chosen) throw invalidParam('Sorry, no voice available.');
      const language = app?.config.textToSpeech.language;
      const options = {
        voice: chosen,
        format,
        ...(language ? { language } : {}),
        ...(speed === undefined ? {} : { speed }),
        signal,
      };
      const spoken: Uint8Array[] = [];
      for (const piece of piecesFor(format, withoutReasoning(text))) {
        spoken.push((await speech.speak(piece, options)).data);
      }
      return { data: Buffer.concat(spoken), mimeType: speechMimeTypes[format] };
    },

    voices() {
      try {
        return models.speech().voices.map((name) => ({ name }));
      } catch {
        return [];
      }
    },
  };
}

/**
 * MP3 is a row of frames and PCM one of samples: pieces in a row are one recording. WAV and Ogg begin with headers that
 * speak for a whole file, so their text is asked for at once, however long.
 */
function piecesFor(format: SpeechFormat, text: string): string[] {
  if (format === 'mp3' || format === 'pcm') return splitForSpeech(text);
  return text.trim() === '' ? [] : [text];
}

/** A bracket and what follows up to the one that closes it; brackets inside of strings do not count. */
const ARRAY = /\[(?:"(?:[^"\\]|\\.)*"|[^"\]])*\]/y;

/** The first JSON array of strings in a model's answer, whatever stands around it; else nothing (`facts/dify-wire.md` §8.7). */
function readQuestions(answer: string): string[] {
  for (let start = answer.indexOf('['); start !== -1; start = answer.indexOf('[', start + 1)) {
    ARRAY.lastIndex = start;
    const questions = stringsOf(ARRAY.exec(answer)?.[0] ?? '[]');
    if (questions.length > 0) return questions.slice(0, SUGGESTIONS);
  }
  return [];
}

function stringsOf(json: string): string[] {
  try {
    const array: unknown[] = JSON.parse(json);
    return array.filter((item): item is string => typeof item === 'string' && item.trim() !== '');
  } catch {
    return [];
  }
}
