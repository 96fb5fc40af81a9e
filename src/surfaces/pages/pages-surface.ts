import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import helmet from '@fastify/helmet';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { AppRegistry } from '../../apps/app-registry.ts';
import type { OpenApiDocument } from '../openapi-document.ts';
import { appsPage } from './apps-page.ts';
import { docsPage } from './docs-page.ts';
import { layout } from './layout.ts';

export interface PagesParts {
  readonly apps: Pick<AppRegistry, 'list'>;
  /** Made when somebody first asks for it: that takes a while, and most servers are never asked. */
  readonly openApi: () => OpenApiDocument;
  /** True while no provider is configured and the demo model answers. */
  readonly demo: boolean;
  /** Null: taken from each request's Host header. */
  readonly publicUrl: string | null;
  readonly version: string;
}

/** Nothing but our own files: no scripts at all, no frames, no forms. */
const POLICY = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'none'"],
  objectSrc: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};
const HOST = /^[\w.:[\]-]+$/;

/** Pages for people: `/`, `/docs`, and the document they are made from at `/openapi.json`. */
export function pagesSurface(parts: PagesParts): FastifyPluginAsync {
  const css = asset('pages.css', 'text/css; charset=utf-8');
  const icon = asset('parley.svg', 'image/svg+xml');
  const styles = `/assets/pages.${createHash('sha256').update(css.content).digest('hex').slice(0, 12)}.css`;
  const frame = { styles, version: parts.version, demo: parts.demo };
  let made: OpenApiDocument | undefined;
  const openApi = () => (made ??= parts.openApi());

  return async function pages(server) {
    await server.register(helmet, {
      contentSecurityPolicy: { useDefaults: false, directives: POLICY },
      // What a page on plain HTTP cannot ask for, or what is for the proxy with the certificate to say.
      crossOriginOpenerPolicy: false,
      originAgentCluster: false,
      strictTransportSecurity: false,
    });
    server.get('/', async (request, reply) => {
      const content = appsPage({ apps: parts.apps.list(), url: urlOf(parts, request), demo: parts.demo });
      return page(reply, layout({ ...frame, title: 'Parley', current: 'apps' }, content));
    });
    server.get('/docs', async (request, reply) => {
      const content = docsPage(openApi(), urlOf(parts, request));
      return page(reply, layout({ ...frame, title: 'Service API · Parley', current: 'docs' }, content));
    });
    server.get('/openapi.json', async (_request, reply) =>
      reply
        .type('application/json; charset=utf-8')
        .header('access-control-allow-origin', '*')
        .send(JSON.stringify(openApi())),
    );
    server.get(styles, async (_request, reply) =>
      reply.type(css.type).header('cache-control', 'public, max-age=31536000, immutable').send(css.content),
    );
    server.get('/assets/parley.svg', async (_request, reply) =>
      reply.type(icon.type).header('cache-control', 'public, max-age=3600').send(icon.content),
    );
  };
}

function page(reply: FastifyReply, text: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(text);
}

function asset(name: string, type: string): { readonly content: string; readonly type: string } {
  return { content: readFileSync(new URL(`./${name}`, import.meta.url), 'utf8'), type };
}

/** As the reader reaches it. A host that is none must not get into a command that people paste into a shell. */
function urlOf({ publicUrl }: PagesParts, { protocol, host }: FastifyRequest): string {
  return publicUrl ?? `${protocol}://${HOST.test(host) ? host : 'localhost'}`;
}
