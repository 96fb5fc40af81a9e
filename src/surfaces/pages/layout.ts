import { type Html, type HtmlValue, html } from './html.ts';

export interface PageFrame {
  readonly title: string;
  /** Path of the style sheet; changes with its content. */
  readonly styles: string;
  readonly version: string;
  /** True while no provider is configured and the demo model answers. */
  readonly demo: boolean;
  readonly current: 'apps' | 'docs';
}

/** A whole document around what a page has to say. No scripts: the pages are text. */
export function layout({ title, styles, version, demo, current }: PageFrame, content: HtmlValue): string {
  const here = (page: PageFrame['current']) => current === page && html` aria-current="page"`;
  const page: Html = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="/assets/parley.svg" type="image/svg+xml">
<link rel="stylesheet" href="${styles}">
</head>
<body>
<header class="top">
<a class="brand" href="/"><img src="/assets/parley.svg" alt="" width="26" height="26">Parley</a>
<nav class="tabs" aria-label="Pages"><a class="tab" href="/"${here('apps')}>Apps</a><a class="tab" href="/docs"${here('docs')}>API</a></nav>
</header>
${content}
<footer class="bottom">Parley ${version}${demo && html`<span aria-hidden="true">·</span>the built-in demo model answers: no provider is configured`}<span aria-hidden="true">·</span><a href="/openapi.json">openapi.json</a></footer>
</body>
</html>
`;
  return page.toString();
}
