import { z } from 'zod';
import type { Tool, ToolContext } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import type { ToolPart } from '../tool-part.ts';
import { answerText } from './answer-text.ts';
import { boundJson } from './bound-json.ts';
import type { BuiltinParts, BuiltinSettings } from './builtin-parts.ts';
import { defineTool } from './define-tool.ts';
import { lackingKey } from './lacking.ts';
import { createService, jsonOf } from './service.ts';
import { type Extracted, extractedText, type Found, foundText } from './tavily-text.ts';

const ICON = { background: '#E9F5FE', content: '🔎' };
const TITLE = 'Tavily';
const MAX_TEXT = 200_000;
const MAX_IMAGES = 20;
const MAX_URLS = 20;

const loose = z.record(z.string(), z.unknown());

const PROJECT = { type: 'string', description: 'A project of Tavily that the use is counted for' } as const;
const FLAG = (description: string) => ({ type: 'boolean', description, default: false }) as const;

/** Web search and reading by Tavily (`facts/dify-dsl-engine.md` §9.2; https://docs.tavily.com/documentation/api-reference). */
export function tavilyTools({ outbound }: BuiltinParts, settings: BuiltinSettings): readonly Tool[] {
  const origin = 'https://api.tavily.com';
  const service = createService(outbound, settings, { title: TITLE, origin, takesKey: true });

  const lack = lackingKey(settings, TITLE);

  async function ask(path: string, body: object, projectId: string | undefined, context: ToolContext) {
    if (lack !== null) throw new ToolError('credentials', lack);
    const headers = {
      authorization: `Bearer ${settings.apiKey}`,
      'content-type': 'application/json',
      ...(projectId ? { 'x-project-id': projectId } : {}),
    };
    const response = await service.ask(
      path,
      { method: 'POST', headers, body: JSON.stringify(body) },
      context,
    );
    const answer = loose.safeParse(boundJson(jsonOf(response, TITLE), MAX_TEXT));
    if (!answer.success) throw new ToolError('failed', `${TITLE} answered what it should not.`);
    return answer.data;
  }

  return [
    defineTool(settings, ICON, {
      name: 'tavily_search',
      lack,
      label: { en_US: 'Tavily Search', zh_Hans: 'Tavily 搜索' },
      description: 'Searches the web, and gives titles, addresses and the passages that answer the query.',
      parameters: {
        query: { type: 'string', description: 'What to search for' },
        search_depth: {
          type: 'string',
          description: 'How deep: basic (the default), advanced, fast or ultra-fast',
          default: 'basic',
        },
        topic: {
          type: 'string',
          description: 'What kind of sources: general (the default), news or finance',
          default: 'general',
        },
        time_range: {
          type: 'string',
          description:
            'How old results may be: not_specified, day, week, month or year. Not together with dates',
          default: 'not_specified',
        },
        start_date: { type: 'string', description: 'Only what is newer than that day, YYYY-MM-DD' },
        end_date: { type: 'string', description: 'Only what is older than that day, YYYY-MM-DD' },
        include_domains: { type: 'string', description: 'Only from these domains, separated by commas' },
        exclude_domains: { type: 'string', description: 'Nothing from these domains, separated by commas' },
        country: {
          type: 'string',
          description: 'A country whose results come first, in English and small letters. Only for general',
        },
      },
      required: ['query'],
      authored: {
        max_results: { type: 'number', description: 'How many results, 1 to 20', default: 5 },
        include_images: FLAG('Whether images are searched for, too'),
        include_image_descriptions: FLAG('Whether images are described'),
        include_answer: {
          type: 'string',
          description: 'A short answer to the query: false, true, basic or advanced',
          default: 'false',
        },
        include_raw_content: {
          type: 'string',
          description: 'The text of each page: false, true, markdown or text',
          default: 'false',
        },
        include_favicon: FLAG('Whether each result has the address of its site’s icon'),
        include_usage: FLAG('Whether the answer tells what it cost'),
        auto_parameters: FLAG('Whether Tavily chooses by the query what is not set'),
        chunks_per_source: {
          type: 'number',
          description: 'How many passages of each source, 1 to 3. For the depths advanced and fast',
          default: 3,
        },
        days: { type: 'number', description: 'Of apps of old: how many days back news may be' },
        project_id: PROJECT,
      },
      async invoke(args, context) {
        const query = args.query?.trim() ?? '';
        if (query === '') throw new ToolError('arguments', 'The query is empty.');
        const depth = chosen(args.search_depth) ?? 'basic';
        const answer = await ask(
          '/search',
          {
            query,
            search_depth: depth,
            topic: chosen(args.topic) ?? 'general',
            time_range: chosen(args.time_range),
            start_date: chosen(args.start_date),
            end_date: chosen(args.end_date),
            country: chosen(args.country)?.toLowerCase(),
            include_domains: domainsOf(args.include_domains),
            exclude_domains: domainsOf(args.exclude_domains),
            max_results: Math.min(Math.max(1, Math.trunc(args.max_results ?? 5)), 20),
            include_images: args.include_images,
            include_image_descriptions: args.include_image_descriptions,
            include_answer: variantOf(args.include_answer, 'basic'),
            include_raw_content: variantOf(args.include_raw_content, 'markdown'),
            include_favicon: args.include_favicon,
            include_usage: args.include_usage,
            auto_parameters: args.auto_parameters,
            days: args.topic === 'news' ? args.days : undefined,
            chunks_per_source: /^(advanced|fast)$/.test(depth) ? args.chunks_per_source : undefined,
          },
          args.project_id,
          context,
        );
        const found = answer as Found;
        if (!Array.isArray(found.results) || found.results.length === 0)
          return answerText(`No results found for '${query}' in Tavily.`);
        const images = args.include_images ? imagesOf(found.images) : [];
        return [{ kind: 'json', value: answer }, ...answerText(foundText(found)), ...images];
      },
    }),
    defineTool(settings, ICON, {
      name: 'tavily_extract',
      lack,
      label: { en_US: 'Tavily Extract', zh_Hans: 'Tavily 提取' },
      description: 'Reads web pages and gives their text.',
      parameters: {
        urls: { type: 'string', description: 'Full addresses of the pages, separated by commas' },
        query: { type: 'string', description: 'What to look for: only the passages that fit come back' },
        extract_depth: { type: 'string', description: 'basic (the default) or advanced', default: 'basic' },
      },
      required: ['urls'],
      authored: {
        include_images: FLAG('Whether the addresses of the pages’ images come, too'),
        include_favicon: FLAG('Whether each page has the address of its site’s icon'),
        format: { type: 'string', description: 'markdown or text', default: 'markdown' },
        chunks_per_source: {
          type: 'number',
          description: 'How many passages of each page, 1 to 5. With a query',
          default: 3,
        },
        timeout: { type: 'number', description: 'Seconds that Tavily may take, 1 to 60' },
        include_usage: FLAG('Whether the answer tells what it cost'),
        project_id: PROJECT,
      },
      async invoke(args, context) {
        const urls = (args.urls ?? '').split(',').map((url) => url.trim());
        const query = chosen(args.query);
        const answer = await ask(
          '/extract',
          {
            urls: urls.filter((url) => url !== '').slice(0, MAX_URLS),
            query,
            extract_depth: chosen(args.extract_depth) ?? 'basic',
            format: chosen(args.format) ?? 'markdown',
            include_images: args.include_images,
            include_favicon: args.include_favicon,
            include_usage: args.include_usage,
            timeout: args.timeout || undefined,
            chunks_per_source: query === undefined ? undefined : args.chunks_per_source,
          },
          args.project_id,
          context,
        );
        const extracted = answer as Extracted;
        const { results } = extracted;
        if (!Array.isArray(results) || results.length === 0)
          return answerText('No content could be extracted from the provided URLs.');
        const images = args.include_images ? imagesOf(results.flatMap((one) => one?.images ?? [])) : [];
        return [{ kind: 'json', value: answer }, ...answerText(extractedText(extracted)), ...images];
      },
    }),
  ];
}

/** `None` and `not_specified` stand in exported apps for what was left open. */
function chosen(value: string | undefined): string | undefined {
  const text = value?.trim() ?? '';
  return text === '' || text === 'None' || text === 'not_specified' ? undefined : text;
}

function domainsOf(text: string | undefined): readonly string[] | undefined {
  const domains = (text ?? '').split(/[\s,]+/).filter((domain) => domain !== '' && domain !== 'None');
  return domains.length === 0 ? undefined : domains;
}

/** What was a flag once is a choice now: 0, 1, `false`, `true`, or a variant by its name. */
function variantOf(value: string | undefined, usual: string): string | undefined {
  const text = value?.trim().toLowerCase() ?? '';
  if (['', '0', 'false', 'no', 'none'].includes(text)) return undefined;
  return ['1', 'true', 'yes'].includes(text) ? usual : text;
}

function imagesOf(images: unknown): readonly ToolPart[] {
  const addresses = (Array.isArray(images) ? images : []).map((image: unknown) =>
    typeof image === 'string' ? image : (image as { url?: unknown } | null)?.url,
  );
  return addresses
    .filter((url) => typeof url === 'string' && /^https?:/i.test(url))
    .slice(0, MAX_IMAGES)
    .map((url): ToolPart => ({ kind: 'link', url: String(url) }));
}
