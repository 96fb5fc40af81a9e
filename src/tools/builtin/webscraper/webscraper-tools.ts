import type { Tool } from '../../tool.ts';
import { answerText } from '../answer-text.ts';
import type { BuiltinParts, BuiltinSettings } from '../builtin-parts.ts';
import { decodeText } from '../decode-text.ts';
import { defineTool } from '../define-tool.ts';
import { summaryOf } from '../summary-of.ts';
import { fetchPage } from './fetch-page.ts';

const ICON = { background: '#E4FBCC', content: '🕸️' };
const USER_AGENT = 'Mozilla/5.0 (compatible; Parley)';

/** Reads web pages (`facts/dify-dsl-engine.md` §9.1). The address comes from the model: the guard judges it. */
export function webscraperTools(
  { outbound, pages }: BuiltinParts,
  settings: BuiltinSettings,
): readonly Tool[] {
  return [
    defineTool(settings, ICON, {
      name: 'webscraper',
      label: { en_US: 'Web Scraper', zh_Hans: '网页爬虫' },
      description: 'Reads a web page and gives its title and text. Use it when you have an address (URL).',
      parameters: { url: { type: 'string', description: 'The full address of the page, with https://' } },
      required: ['url'],
      authored: {
        user_agent: {
          type: 'string',
          description: 'How the request names the program that makes it (the header User-Agent).',
          default: USER_AGENT,
        },
        generate_summary: {
          type: 'boolean',
          description: 'Whether the app’s model shortens the text.',
          default: false,
        },
      },
      async invoke({ url = '', user_agent, generate_summary }, context) {
        const address = url.trim();
        if (address === '') return answerText('Please input url');
        const headers = { 'user-agent': user_agent?.trim() || USER_AGENT };
        const fetched = await fetchPage(outbound, address, headers, context);
        if (fetched.kind === 'none') return answerText(fetched.text);
        const text =
          fetched.kind === 'text'
            ? decodeText(fetched.page.body, fetched.page.contentType)
            : shown(await pages.article(fetched.page, context));
        return answerText(generate_summary ? await summaryOf(text, context) : text);
      },
    }),
  ];
}

function shown({ title, author, text }: { title: string; author: string; text: string }): string {
  return `\nTITLE: ${title}\nAUTHOR: ${author}\nTEXT:\n\n${text}\n`;
}
