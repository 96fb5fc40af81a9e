import type { Outbound } from '../../outbound/outbound.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { knownProvider } from '../known-provider.ts';
import type { Tool } from '../tool.ts';
import type { ToolProvider } from '../tool-provider.ts';
import type { BuiltinParts, BuiltinSettings } from './builtin-parts.ts';
import { codeTools } from './code-tools.ts';
import { duckduckgoTools } from './duckduckgo-tools.ts';
import { googleTranslateTools } from './google-translate-tools.ts';
import { jinaTools } from './jina-tools.ts';
import { openweatherTools } from './openweather-tools.ts';
import { createPageReader } from './page/page-reader.ts';
import { searxngTools } from './searxng-tools.ts';
import { tavilyTools } from './tavily-tools.ts';
import { timeTools } from './time/time-tools.ts';
import { webscraperTools } from './webscraper/webscraper-tools.ts';
import { wikipediaTools } from './wikipedia-tools.ts';

type ToolsOf = (parts: BuiltinParts, settings: BuiltinSettings) => readonly Tool[];

/** By the names that Dify gives them; what its marketplace calls `langgenius/tavily/tavily` is `tavily` here. */
const tools: Readonly<Record<string, ToolsOf>> = {
  time: timeTools,
  webscraper: webscraperTools,
  code: codeTools,
  searxng: searxngTools,
  tavily: tavilyTools,
  duckduckgo: duckduckgoTools,
  jina: jinaTools,
  wikipedia: wikipediaTools,
  google_translate: googleTranslateTools,
  openweather: openweatherTools,
};

/** Settings of any other name are a mistake of the owner's. */
export const builtinNames: readonly string[] = Object.keys(tools);

/**
 * The providers that come with Parley, all of them: what lacks a key or an address says so when it is called.
 *
 * `settings` of other names are left out. Closing any of the providers ends the threads that read pages.
 */
export function builtinProviders(
  parts: { readonly outbound: Outbound; readonly sandbox: Sandbox },
  settings: readonly BuiltinSettings[],
): readonly ToolProvider[] {
  const pages = createPageReader();
  return Object.entries(tools).map(([name, toolsOf]) => {
    const own = settings.find((one) => one.name === name);
    const known = own ?? { name, apiKey: null, baseUrl: null, timeoutMs: null };
    return { ...knownProvider('builtin', name, toolsOf({ ...parts, pages }, known)), close: pages.close };
  });
}
