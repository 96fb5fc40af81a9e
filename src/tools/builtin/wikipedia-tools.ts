import { z } from 'zod';
import type { Tool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { answerText } from './answer-text.ts';
import { boundText } from './bound-text.ts';
import type { BuiltinParts, BuiltinSettings } from './builtin-parts.ts';
import { defineTool } from './define-tool.ts';
import { createService, jsonOf } from './service.ts';

const ICON = { background: '#F2F4F7', content: '📚' };
const TITLE = 'Wikipedia';
const MAX_QUERY = 300;
/** Of the answer, as in Dify. */
const MAX_TEXT = 4000;
/** Of which pages that only tell homonyms apart are left out, and three shown. */
const ASKED = 5;
const SHOWN = 3;

const page = z.object({
  index: z.number(),
  title: z.string(),
  extract: z.string().default(''),
  pageprops: z.object({ disambiguation: z.string().optional() }).default({}),
});
const answer = z.object({
  query: z.object({ pages: z.array(page).default([]) }).default({ pages: [] }),
  error: z.object({ info: z.string() }).optional(),
});

/** Articles of Wikipedia by its own API (`facts/dify-dsl-engine.md` §9.2; https://www.mediawiki.org/wiki/API:Search, Extension:TextExtracts). */
export function wikipediaTools({ outbound }: BuiltinParts, settings: BuiltinSettings): readonly Tool[] {
  return [
    defineTool(settings, ICON, {
      name: 'wikipedia_search',
      label: { en_US: 'Wikipedia Search', zh_Hans: '维基百科搜索' },
      description: 'Searches Wikipedia, and gives the beginnings of the articles that fit best.',
      parameters: {
        query: { type: 'string', description: 'Key words, in the language that is searched' },
        language: {
          type: 'string',
          description: 'Code of the language whose Wikipedia is searched, e.g. en, de, fr, ja or zh',
          default: 'en',
        },
      },
      required: ['query'],
      authored: {},
      async invoke({ query = '', language }, context) {
        const words = query.trim().slice(0, MAX_QUERY);
        if (words === '') throw new ToolError('arguments', 'Please input query');
        const origin = `https://${languageOf(language)}.wikipedia.org`;
        const service = createService(outbound, settings, { title: TITLE, origin, takesKey: false });
        const asked = {
          action: 'query',
          format: 'json',
          formatversion: '2',
          generator: 'search',
          gsrsearch: words,
          gsrlimit: String(ASKED),
          prop: 'extracts|pageprops',
          exintro: '1',
          explaintext: '1',
          exlimit: String(ASKED),
          ppprop: 'disambiguation',
        };
        const response = await service.ask('/w/api.php', { query: asked }, context);
        const parsed = answer.safeParse(jsonOf(response, TITLE));
        if (!parsed.success) throw new ToolError('failed', `${TITLE} answered what it should not.`);
        const { query: found, error } = parsed.data;
        if (error !== undefined) throw new ToolError('failed', `${TITLE}: ${boundText(error.info, 500)}`);
        const articles = found.pages
          .toSorted((one, other) => one.index - other.index)
          .filter(({ extract, pageprops }) => extract !== '' && pageprops.disambiguation === undefined);
        if (articles.length === 0) return answerText('No good Wikipedia Search Result was found');
        const texts = articles
          .slice(0, SHOWN)
          .map(({ title, extract }) => `Page: ${title}\nSummary: ${extract}`);
        return answerText(texts.join('\n\n').slice(0, MAX_TEXT).toWellFormed());
      },
    }),
  ];
}

/** It becomes a part of a host's name, and comes from a model: it may be nothing but a language. */
function languageOf(given: string | undefined): string {
  const code = given?.trim().toLowerCase() || 'en';
  if (code.length <= 20 && /^[a-z]{2,}(-[a-z]+)*$/.test(code)) return code;
  throw new ToolError('arguments', 'The language must be a code such as en, de or zh.');
}
