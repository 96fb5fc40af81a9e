import type { OpenApiDocument } from '../openapi-document.ts';
import { type Html, html } from './html.ts';
import { methodBadge, operationSection, type Route } from './operation-section.ts';
import { prose } from './prose.ts';

/** The OpenAPI document as a page to read, route by route. `url` is the server as the reader reaches it. */
export function docsPage(document: OpenApiDocument, url: string): Html {
  const base = document.servers[0]?.url ?? '';
  const routes: readonly Route[] = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path: base + path,
      operation,
    })),
  );
  const groups = document.tags.map(({ name }) => ({
    name,
    routes: routes.filter(({ operation }) => operation.tags.includes(name)),
  }));
  return html`<main class="docs">
<nav class="contents" aria-label="Routes">${groups.map(
    (group) => html`<h2>${group.name}</h2><ul>${group.routes.map(link)}</ul>`,
  )}</nav>
<div class="intro">
<h1>Service API</h1>
<p class="lead">${prose(document.info.description)}</p>
<div class="scroll"><table class="basics"><tbody>
<tr><th scope="row">Base URL</th><td><code>${url}${base}</code></td></tr>
<tr><th scope="row">Key</th><td><code>Authorization: Bearer YOUR-KEY</code></td></tr>
<tr><th scope="row">Errors</th><td>${prose('`{"code": "invalid_param", "message": "…", "status": 400}`, with the same HTTP status')}</td></tr>
<tr><th scope="row">Document</th><td><a href="/openapi.json">OpenAPI ${document.openapi}</a>, for tools</td></tr>
</tbody></table></div>
</div>
<div class="routes">
${groups.map(
  (group) => html`<h2 class="group" id="${slug(group.name)}">${group.name}</h2>
${group.routes.map((route) => operationSection(route, url))}`,
)}
</div>
</main>`;
}

function link({ method, operation }: Route): Html {
  return html`<li><a class="entry" href="#${operation.operationId}">${methodBadge(method)}${operation.summary}</a></li>`;
}

/** Starts apart from operation ids, which are anchors too. */
function slug(name: string): string {
  return `tag-${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`;
}
