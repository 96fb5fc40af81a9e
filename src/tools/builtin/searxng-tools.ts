import { z } from 'zod';
import type { Tool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import type { ToolPart } from '../tool-part.ts';
import { answerText } from './answer-text.ts';
import { boundJson } from './bound-json.ts';
import type { BuiltinParts, BuiltinSettings } from './builtin-parts.ts';
import { defineTool } from './define-tool.ts';
import { lackingServer } from './lacking.ts';
import { createService, jsonOf } from './service.ts';
import { summaryOf } from './summary-of.ts';

const ICON = { background: '#E0F2FE', content: '🔭' };
const TITLE = 'SearXNG';
const MAX_RESULTS = 30;
const MAX_TEXT = 10_000;

/** What exported apps call the categories; the first four are of old ones. */
const CATEGORIES: Readonly<Record<string, string>> = {
  page: 'general',
  image: 'images',
  video: 'videos',
  file: 'files',
  social_media: 'social media',
};

const answer = z.object({ results: z.array(z.record(z.string(), z.unknown())).default([]) });

/** Web search by a SearXNG server of the owner's (`facts/dify-dsl-engine.md` §9.2; https://docs.searxng.org/dev/search_api.html). */
export function searxngTools({ outbound }: BuiltinParts, settings: BuiltinSettings): readonly Tool[] {
  // Dify is given the address of the search itself by many, of the server by others.
  const baseUrl = settings.baseUrl?.replace(/\/search$/, '') ?? null;
  const service = createService(
    outbound,
    { ...settings, baseUrl },
    {
      title: TITLE,
      origin: '',
      takesKey: false,
      hints: { 403: 'Its settings.yml must list json in search.formats.' },
    },
  );
  const lack = lackingServer(settings, TITLE);
  return [
    defineTool(settings, ICON, {
      lack,
      name: 'searxng_search',
      label: { en_US: 'SearXNG Search', zh_Hans: 'SearXNG 搜索' },
      description: 'Searches the web and gives titles, addresses and excerpts of what it finds.',
      parameters: { query: { type: 'string', description: 'Key words to search for' } },
      required: ['query'],
      authored: {
        search_type: {
          type: 'string',
          description:
            'Category: general, images, videos, news, map, music, it, science, files or social_media',
          default: 'general',
        },
        time_range: { type: 'string', description: 'How old results may be: day, week, month or year' },
        result_type: {
          type: 'string',
          description: 'Of apps of old: "link" also gives titles and addresses as text, "text" a summary',
        },
        num_results: { type: 'number', description: `How many results, at most ${MAX_RESULTS}` },
      },
      async invoke({ query = '', search_type, time_range, result_type, num_results }, context) {
        if (lack !== null) throw new ToolError('credentials', lack);
        const wanted = (search_type ?? '').trim().toLowerCase();
        const asked = {
          q: query,
          format: 'json',
          categories: (Object.hasOwn(CATEGORIES, wanted) ? CATEGORIES[wanted] : wanted) || 'general',
          time_range: time_range?.trim(),
        };
        const response = await service.ask('/search', { query: asked }, context);
        const parsed = answer.safeParse(jsonOf(response, TITLE));
        if (!parsed.success) throw new ToolError('failed', `${TITLE} answered what is no list of results.`);
        const most = Math.min(Math.max(1, Math.trunc(num_results ?? MAX_RESULTS)), MAX_RESULTS);
        const results = parsed.data.results.slice(0, most);
        if (results.length === 0) return answerText('No results found.');
        const found = results.map((value): ToolPart => ({ kind: 'json', value: boundJson(value, MAX_TEXT) }));
        if (result_type === 'link') return [...answerText(linksOf(results)), ...found];
        if (result_type !== 'text') return found;
        return [...answerText(await summaryOf(excerptsOf(results), context)), ...found];
      },
    }),
  ];
}

type Result = Readonly<Record<string, unknown>>;

function linksOf(results: readonly Result[]): string {
  return results.map((one) => `${shown(one.title)}: ${shown(one.img_src || one.url)}`).join('\n');
}

function excerptsOf(results: readonly Result[]): string {
  return results.map((one, index) => `${index + 1}: ${shown(one.title)} - ${shown(one.content)}`).join('\n');
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 2000).toWellFormed() : '';
}
