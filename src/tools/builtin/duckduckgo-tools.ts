import { z } from 'zod';
import type { Tool, ToolContext } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import type { ToolPart } from '../tool-part.ts';
import { answerText } from './answer-text.ts';
import type { BuiltinParts, BuiltinSettings } from './builtin-parts.ts';
import { defineTool } from './define-tool.ts';
import type { SearchResult } from './page/search-page.ts';
import { bodyText, createService, jsonOf, type ServiceRequest } from './service.ts';
import { summaryOf } from './summary-of.ts';

const ICON = { background: '#FFEAD5', content: '🦆' };
const TITLE = 'DuckDuckGo';
const MAX_RESULTS = 50;
/** Each has about ten results. */
const MAX_PAGES = 6;

const translation = z.object({ translated: z.string() });

const HEADERS = { 'user-agent': 'Mozilla/5.0 (compatible; Parley)' };
const PROXY = {
  type: 'string',
  description: 'Must be empty: requests go through no proxy here',
} as const;

/** Web search and translation by DuckDuckGo, through the pages that browsers without scripts get (`facts/dify-dsl-engine.md` §9.2). */
export function duckduckgoTools(
  { outbound, pages }: BuiltinParts,
  settings: BuiltinSettings,
): readonly Tool[] {
  const serviceAt = (origin: string) =>
    createService(outbound, settings, { title: TITLE, origin, takesKey: false });
  const searching = serviceAt('https://html.duckduckgo.com');
  const translating = serviceAt('https://duckduckgo.com');

  async function search(query: string, most: number, context: ToolContext): Promise<SearchResult[]> {
    const found: SearchResult[] = [];
    let request: ServiceRequest | null = { query: { q: query } };
    for (let asked = 0; request !== null && found.length < most && asked < MAX_PAGES; asked++) {
      const response = await searching.ask('/html/', { ...request, headers: headersOf(request) }, context);
      const contentType = response.headers['content-type']?.[0] ?? null;
      const page = await pages.results({ body: response.body, contentType }, context);
      if (response.status !== 200 || !page.answered) {
        // Later pages are worth less than an answer.
        if (found.length > 0) break;
        throw new ToolError('failed', `${TITLE} does not answer programs for now. Try again later.`);
      }
      const fresh = page.results.filter(({ href }) => !found.some((one) => one.href === href));
      found.push(...fresh);
      const more = page.next !== null && fresh.length > 0;
      request = more ? { method: 'POST', body: String(new URLSearchParams(page.next ?? {})) } : null;
    }
    return found.slice(0, most);
  }

  return [
    defineTool(settings, ICON, {
      name: 'ddgo_search',
      label: { en_US: 'DuckDuckGo Search', zh_Hans: 'DuckDuckGo 搜索' },
      description: 'Searches the web and gives titles, addresses and excerpts of what it finds.',
      parameters: { query: { type: 'string', description: 'Key words to search for' } },
      required: ['query'],
      authored: {
        max_results: { type: 'number', description: `How many results, at most ${MAX_RESULTS}`, default: 5 },
        require_summary: {
          type: 'boolean',
          description: 'Whether the app’s model shortens the excerpts to one text',
          default: false,
        },
        proxy_server: PROXY,
      },
      async invoke({ query = '', max_results, require_summary, proxy_server }, context) {
        refuseProxy(proxy_server);
        if (query.trim() === '') throw new ToolError('arguments', 'The query is empty.');
        const most = Math.min(Math.max(1, Math.trunc(max_results ?? 5)), MAX_RESULTS);
        const results = await search(query.trim(), most, context);
        if (results.length === 0) return answerText('No results found.');
        if (!require_summary) return results.map((value): ToolPart => ({ kind: 'json', value }));
        return answerText(await summaryOf(results.map(({ body }) => body).join('\n'), context));
      },
    }),
    defineTool(settings, ICON, {
      name: 'ddgo_translate',
      label: { en_US: 'DuckDuckGo Translate', zh_Hans: 'DuckDuckGo 翻译' },
      description: 'Translates a text.',
      parameters: { query: { type: 'string', description: 'The text to translate' } },
      required: ['query'],
      authored: {
        translate_to: {
          type: 'string',
          description: 'The code of a language, e.g. en, zh-Hans, zh-Hant or ja',
          default: 'en',
        },
        proxy_server: PROXY,
      },
      async invoke({ query = '', translate_to, proxy_server }, context) {
        refuseProxy(proxy_server);
        if (query.trim() === '') throw new ToolError('arguments', 'The query is empty.');
        const page = await translating.ask('/', { query: { q: 'translate' }, headers: HEADERS }, context);
        const vqd = /\bvqd=["']?(\d[\d-]{0,200})/.exec(bodyText(page))?.[1];
        if (vqd === undefined)
          throw new ToolError('failed', `${TITLE} does not answer programs for now. Try again later.`);
        const asked = { vqd, query: 'translate', to: translate_to?.trim() || 'en' };
        const headers = { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' };
        const request = { method: 'POST', query: asked, headers, body: query } as const;
        const response = await translating.ask('/translation.js', request, context);
        const answer = translation.safeParse(jsonOf(response, TITLE));
        if (!answer.success) throw new ToolError('failed', 'Unable to translate!');
        return answerText(answer.data.translated);
      },
    }),
  ];
}

function headersOf({ method }: ServiceRequest): Readonly<Record<string, string>> {
  return method === 'POST' ? { ...HEADERS, 'content-type': 'application/x-www-form-urlencoded' } : HEADERS;
}

/** Going another way than the app's author wanted would tell somebody who was not to know. */
function refuseProxy(proxy: string | undefined): void {
  if (proxy?.trim())
    throw new ToolError(
      'arguments',
      'Requests through a proxy are not possible here: leave proxy_server empty.',
    );
}
