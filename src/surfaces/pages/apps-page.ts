import type { App } from '../../apps/app.ts';
import { curlLine } from '../../apps/curl-line.ts';
import { appIcon } from './app-icon.ts';
import { type Html, html } from './html.ts';

export interface AppsPage {
  readonly apps: readonly App[];
  /** Address of this server as the reader reaches it. */
  readonly url: string;
  /** True while no provider is configured and the demo model answers. */
  readonly demo: boolean;
}

/** What `GET /` says: which apps are here and how to call them. Keys are not shown to whoever comes by. */
export function appsPage({ apps, url, demo }: AppsPage): Html {
  return html`<main class="page">
<h1>Apps</h1>
<p class="lead">Served over the Dify Service API at <code>${url}/v1</code>. Existing clients work with this address as
their base URL and the key of an app; <a href="/docs">the API, route by route</a>. Over the Coze Open API at
<code>${url}/coze</code> each app is a bot, whose id is the app's.</p>
${demo && DEMO}
${apps.length === 0 ? EMPTY : html`<ul class="apps">${apps.map((app) => card(app, url))}</ul>`}
<p class="note">The server prints keys when it starts. Another one is made with
<code>npm run parley -- key create --app ID</code>, a token for Coze clients with
<code>npm run parley -- key create --coze</code>.</p>
</main>`;
}

function card(app: App, url: string): Html {
  return html`<li class="card" id="app-${app.id}">
${appIcon(app)}
<div class="what">
<h2>${app.name}</h2>
<p class="facts"><span class="badge">${app.mode}</span><code>${app.id}</code></p>
</div>
${app.description !== '' && html`<p class="about">${app.description}</p>`}
<pre class="command" tabindex="0" aria-label="Command that streams an answer of ${app.name}"><code>${curlLine(url, app, 'YOUR-KEY')}</code></pre>
</li>
`;
}

const DEMO = html`<p class="notice" role="note"><strong>The demo model answers.</strong> No model provider is
configured, so every answer on this server comes from the built-in demo model. Start it with
<code>OPENAI_API_KEY</code>, <code>ANTHROPIC_API_KEY</code>, <code>GEMINI_API_KEY</code> or
<code>OLLAMA_BASE_URL</code> set, or name providers in <code>parley.yml</code>, for real ones.</p>`;

const EMPTY = html`<p class="empty">No apps yet. Put a Dify DSL file (<code>.yml</code>) into the apps folder; it
appears here without a restart.</p>`;
