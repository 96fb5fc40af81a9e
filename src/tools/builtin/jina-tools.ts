import { isRecord } from '../../config/is-record.ts';
import { judgeTarget } from '../../outbound/judge-target.ts';
import type { Tool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { untilAborted } from '../until-aborted.ts';
import { answerText } from './answer-text.ts';
import type { BuiltinParts, BuiltinSettings } from './builtin-parts.ts';
import { defineTool } from './define-tool.ts';
import { bodyText, createService } from './service.ts';
import { summaryOf } from './summary-of.ts';

const ICON = { background: '#FFE4E8', content: '📖' };
const TITLE = 'Jina';
const MAX_RETRIES = 5;

const FLAG = (description: string) => ({ type: 'boolean', description, default: false }) as const;
const TEXT = (description: string) => ({ type: 'string', description }) as const;

/** What both tools take. */
const COMMON = {
  image_caption: FLAG('Whether images without a text get one'),
  gather_all_links_at_the_end: FLAG('Whether all links stand together at the end'),
  gather_all_images_at_the_end: FLAG('Whether all images stand together at the end'),
  proxy_server: TEXT('A proxy that Jina is to go through'),
  no_cache: FLAG('Whether the page is to be read anew'),
  max_retries: {
    type: 'number',
    description: `How often to try again when Jina fails, at most ${MAX_RETRIES}`,
    default: 3,
  },
} as const;

/** Reading and searching the web by Jina (`facts/dify-dsl-engine.md` §9.2; headers: https://github.com/jina-ai/reader). */
export function jinaTools({ outbound }: BuiltinParts, settings: BuiltinSettings): readonly Tool[] {
  const serviceAt = (origin: string) =>
    createService(outbound, settings, { title: TITLE, origin, takesKey: true });
  const reader = serviceAt('https://r.jina.ai');
  const searcher = serviceAt('https://s.jina.ai');
  const key: Readonly<Record<string, string>> =
    settings.apiKey === null ? {} : { authorization: `Bearer ${settings.apiKey}` };
  // As Dify asks: the text is JSON then.
  const headersFor = (wanted: Readonly<Record<string, string | undefined>>) => ({
    accept: 'application/json',
    ...key,
    ...Object.fromEntries(Object.entries(wanted).filter((entry): entry is [string, string] => !!entry[1])),
  });
  return [
    defineTool(settings, ICON, {
      name: 'jina_reader',
      label: { en_US: 'Fetch Single Page', zh_Hans: '获取单页面' },
      description: 'Reads a web page or a PDF and gives its text as Markdown.',
      parameters: {
        url: TEXT('The full address of the page, with https://'),
        request_params: TEXT('Query parameters to add to the request, as a JSON object: {"key": "value"}'),
      },
      required: ['url'],
      authored: {
        target_selector: TEXT('CSS selector of the part that is wanted'),
        wait_for_selector: TEXT('CSS selector of a part to wait for'),
        remove_images: FLAG('Whether images are left out'),
        ...COMMON,
        no_cache_track: FLAG('Whether Jina is not to keep the page'),
        summary: FLAG('Whether the app’s model shortens the text'),
        content_format: {
          type: 'string',
          description: 'default, markdown, html, text, screenshot or pageshot',
          default: 'default',
        },
      },
      async invoke(args, context) {
        const format = args.content_format?.trim();
        const headers = headersFor({
          'x-target-selector': args.target_selector?.trim(),
          'x-wait-for-selector': args.wait_for_selector?.trim(),
          'x-retain-images': args.remove_images ? 'none' : undefined,
          'x-return-format': format === 'default' ? undefined : format,
          dnt: args.no_cache_track ? '1' : undefined,
          ...commonHeaders(args),
        });
        const query = paramsOf(args.request_params);
        const request = { headers, query, retries: retriesOf(args.max_retries) };
        const path = pathOf(args.url ?? '');
        // Jina's own reader is on the public internet; the owner's is where private addresses are, and has no guard.
        if (settings.baseUrl !== null)
          await untilAborted(judgeTarget(path.slice(1), context.allow), context.signal);
        const text = bodyText(await reader.ask(path, request, context));
        return answerText(args.summary ? await summaryOf(text, context) : text);
      },
    }),
    defineTool(settings, ICON, {
      name: 'jina_search',
      label: { en_US: 'Search the web', zh_Hans: '联网搜索' },
      description: 'Searches the web and gives the text of the first results as Markdown.',
      parameters: { query: TEXT('What to search for') },
      required: ['query'],
      authored: COMMON,
      async invoke(args, context) {
        const query = args.query?.trim() ?? '';
        if (query === '') throw new ToolError('arguments', 'The query is empty.');
        const headers = headersFor(commonHeaders(args));
        const request = { headers, query: { q: query }, retries: retriesOf(args.max_retries) };
        return answerText(bodyText(await searcher.ask('/', request, context)));
      },
    }),
  ];
}

interface Common {
  readonly image_caption?: boolean;
  readonly gather_all_links_at_the_end?: boolean;
  readonly gather_all_images_at_the_end?: boolean;
  readonly proxy_server?: string;
  readonly no_cache?: boolean;
}

function commonHeaders(args: Common): Readonly<Record<string, string | undefined>> {
  return {
    'x-with-generated-alt': args.image_caption ? 'true' : undefined,
    'x-with-links-summary': args.gather_all_links_at_the_end ? 'true' : undefined,
    'x-with-images-summary': args.gather_all_images_at_the_end ? 'true' : undefined,
    'x-proxy-url': args.proxy_server?.trim(),
    'x-no-cache': args.no_cache ? 'true' : undefined,
  };
}

function retriesOf(wanted: number | undefined): number {
  return Math.min(Math.max(0, Math.trunc(wanted ?? 0)), MAX_RETRIES);
}

/**
 * The page's address as a path of the reader. It is parsed and written anew, so that no `..` in it leads elsewhere on the
 * reader's server.
 */
function pathOf(text: string): string {
  const url = URL.parse(text.trim());
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new ToolError('arguments', 'The url must be a full address, with https://.');
  if (url.username !== '' || url.password !== '')
    throw new ToolError('arguments', 'The url must hold no credentials.');
  url.hash = '';
  return `/${url.href}`;
}

function paramsOf(text: string | undefined): Readonly<Record<string, string>> {
  if (!text?.trim()) return {};
  try {
    const params: unknown = JSON.parse(text);
    if (isRecord(params))
      return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]));
  } catch {
    // What it should be is said below.
  }
  throw new ToolError('arguments', 'Invalid request_params: they must be a JSON object.');
}
