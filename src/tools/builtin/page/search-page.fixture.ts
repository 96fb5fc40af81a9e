/** A page of results as html.duckduckgo.com builds it, with an advertisement and the forms of its navigation. */
export function searchPage(
  results: readonly { readonly title: string; readonly href: string; readonly body: string }[],
  next: Readonly<Record<string, string>> | null = null,
  previous = false,
): string {
  const form = (label: string, fields: Readonly<Record<string, string>>) =>
    `<div class="nav-link"><form action="/html/" method="post">
      <input type="submit" class="btn btn--alt" value="${label}" />
      ${Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${name}" value="${value}" />`)}
    </form></div>`;
  return `<!DOCTYPE html><html lang="en"><head><title>query at DuckDuckGo</title></head><body class="body--html">
    <form id="search_form_homepage" action="/html/" method="post"><input name="q" value="query" /></form>
    <div id="links" class="results">
      <div class="result results_links results_links_deep result--ad"><div class="links_main result__body">
        <h2 class="result__title"><a class="result__a" href="https://duckduckgo.com/y.js?ad_domain=x">Buy</a></h2>
        <a class="result__snippet" href="https://duckduckgo.com/y.js?ad_domain=x">Now</a></div></div>
      ${results.map(resultOf).join('\n')}
      ${previous ? form('Previous', { q: 'query', s: '0' }) : ''}${next === null ? '' : form('Next', next)}
    </div></body></html>`;
}

/** What is shown instead, with status 202, to those who look like a program. */
export const challengePage = `<!DOCTYPE html><html><body><form id="challenge-form" action="/anomaly.js">
  <div class="anomaly-modal__title">Unfortunately, bots use DuckDuckGo too.</div></form></body></html>`;

export const emptyPage = `<!DOCTYPE html><html><body><div id="links" class="results">
  <div class="result results_links result--no-result"><div class="no-results">No results.</div></div></div></body></html>`;

function resultOf({ title, href, body }: { title: string; href: string; body: string }): string {
  const address = `//duckduckgo.com/l/?uddg=${encodeURIComponent(href)}&amp;rut=abc`;
  return `<div class="result results_links results_links_deep web-result"><div class="links_main result__body">
    <h2 class="result__title"><a rel="nofollow" class="result__a" href="${address}">${title}</a></h2>
    <div class="result__extras"><a class="result__url" href="${address}">shown</a></div>
    <a class="result__snippet" href="${address}">${body}</a></div></div>`;
}
