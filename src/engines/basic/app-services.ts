import type { App } from '../../apps/app.ts';
import { invalidParam } from '../../errors.ts';
import type { ChatMessage } from '../../models/chat-model.ts';
import type { AppServices } from '../../runs/app-services.ts';
import { listMessages } from '../../store/messages.ts';
import type { EngineParts } from '../engine-parts.ts';

/** A title has at most 75 characters, then `...` (`facts/dify-wire.md` §7.1). */
const TITLE_LENGTH = 75;
/** Turns that suggestions look back on (`facts/dify-dsl-engine.md` §8.3). */
const SUGGESTION_TURNS = 3;
const SUGGESTIONS = 3;

const TITLE_PROMPT =
  'Write a short title for a conversation that begins with the message below. Use the language of the message, at ' +
  'most ten words, no quotation marks and no full stop. Answer with the title alone.\n\nMessage:\n';

const SUGGESTIONS_PROMPT =
  `Read the conversation and predict the ${SUGGESTIONS} questions that the human would most likely ask next. Write ` +
  'them in the language of the conversation, each shorter than 20 words. Answer with a JSON array of strings and ' +
  'nothing else.';

/** Titles, suggestions, transcription and speech, by the app's own model or the owner's default. */
export function appServices({ models, store }: EngineParts): AppServices {
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
    return answer;
  };

  return {
    async writeTitle(app, query, { signal }) {
      const messages: ChatMessage[] = [{ role: 'user', content: TITLE_PROMPT + query.slice(0, 2000) }];
      const answer = await ask(app, messages, { max_tokens: 100, temperature: 0 }, signal);
      const title = answer
        .trim()
        .replace(/^["'“「]|["'”」]$/g, '')
        .replace(/\s+/g, ' ');
      if (title === '') throw invalidParam('The model gave no title.');
      const characters = [...title];
      return characters.length > TITLE_LENGTH ? `${characters.slice(0, TITLE_LENGTH).join('')}...` : title;
    },

    async suggestQuestions(app, owner, message, { signal }) {
      const earlier = message.conversation_id
        ? await listMessages(store, owner, message.conversation_id, {
            before: message,
            limit: SUGGESTION_TURNS - 1,
          })
        : { rows: [] };
      const turns = [...earlier.rows.reverse(), message]
        .filter((turn) => turn.answer !== '')
        .map((turn) => `Human: ${turn.query}\nAssistant: ${turn.answer}`)
        .join('\n');
      const messages: ChatMessage[] = [{ role: 'user', content: `${turns}\n\n${SUGGESTIONS_PROMPT}` }];
      return readQuestions(await ask(app, messages, { max_tokens: 256, temperature: 0 }, signal));
    },

    async transcribe(app, audio, options) {
      return (await models.transcription(app.config.model).transcribe(audio, options)).text;
    },

    async speak(app, text, { voice, signal }) {
      const speech = models.speech(app.config.model);
      const chosen = voice || app.config.textToSpeech.voice || speech.defaultVoice;
      if (!chosen) throw invalidParam('Sorry, no voice available.');
      const { language } = app.config.textToSpeech;
      return speech.speak(text, { voice: chosen, ...(language ? { language } : {}), signal });
    },
  };
}

/** The JSON array in a model's answer; nothing when there is none (`facts/dify-wire.md` §8.7). */
function readQuestions(answer: string): string[] {
  const array = /\[.*\]/s.exec(answer)?.[0];
  if (!array) return [];
  try {
    const parsed: unknown = JSON.parse(array);
    if (!Array.isArray(parsed)) return [];
    return parsed.filter((item) => typeof item === 'string' && item.trim() !== '').slice(0, SUGGESTIONS);
  } catch {
    return [];
  }
}
