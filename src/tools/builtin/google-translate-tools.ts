import { z } from 'zod';
import type { Tool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { answerText } from './answer-text.ts';
import type { BuiltinParts, BuiltinSettings } from './builtin-parts.ts';
import { defineTool } from './define-tool.ts';
import { createService, jsonOf } from './service.ts';

const ICON = { background: '#E5F0FF', content: '🌐' };
const TITLE = 'Google Translate';
/** Longer addresses are refused by servers on the way; the text goes in the body then. */
const MAX_IN_ADDRESS = 1500;

/** Sentences, each with its translation before its original; what else stands there is of no interest. */
const answer = z.tuple([z.array(z.array(z.unknown())).nullable()]).rest(z.unknown());

/** Translation by the service that Google's own widgets ask (`facts/dify-dsl-engine.md` §9.2). */
export function googleTranslateTools({ outbound }: BuiltinParts, settings: BuiltinSettings): readonly Tool[] {
  const origin = 'https://translate.googleapis.com';
  const service = createService(outbound, settings, { title: TITLE, origin, takesKey: false });
  return [
    defineTool(settings, ICON, {
      name: 'translate',
      label: { en_US: 'Translate', zh_Hans: '翻译' },
      description: 'Translates a text; its language is found out.',
      parameters: { content: { type: 'string', description: 'The text to translate' } },
      required: ['content'],
      authored: {
        dest: {
          type: 'string',
          description:
            'Code of the language to translate to, e.g. en, zh-cn, ja; custom: that of custom_dest',
          default: 'en',
        },
        custom_dest: { type: 'string', description: 'Code of the language, where dest is custom' },
      },
      async invoke({ content = '', dest, custom_dest }, context) {
        if (content.trim() === '') throw new ToolError('arguments', 'Invalid parameter content');
        const target = (dest === 'custom' ? custom_dest : dest)?.trim() ?? '';
        if (target === '')
          throw new ToolError('arguments', 'Please provide a custom destination language code');
        const query = { client: 'gtx', sl: 'auto', tl: target, dt: 't' };
        const short = encodeURIComponent(content).length <= MAX_IN_ADDRESS;
        const response = await service.ask(
          '/translate_a/single',
          short
            ? { query: { ...query, q: content } }
            : {
                method: 'POST',
                query,
                headers: { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' },
                body: String(new URLSearchParams({ q: content })),
              },
          context,
        );
        const parsed = answer.safeParse(jsonOf(response, TITLE));
        if (!parsed.success) throw new ToolError('failed', `${TITLE} answered what is no translation.`);
        const sentences = (parsed.data[0] ?? []).map(([text]) => (typeof text === 'string' ? text : ''));
        return answerText(sentences.join(''));
      },
    }),
  ];
}
