import cors from '@fastify/cors';
import multipart from '@fastify/multipart';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { ParleyError } from '../../errors.ts';
import { oneLine } from '../one-line.ts';
import { refuseOtherMethods } from '../refuse-other-methods.ts';
import { CozeError, toCozeError } from './coze-error.ts';
import type { CozeParts } from './coze-parts.ts';
import { answer, authenticate } from './gate.ts';
import { logId } from './log-id.ts';
import type { CozeRoute } from './route.ts';
import { cozeRoutes } from './routes/index.ts';

/** The Coze Open API, to be mounted under `/coze`, or at the root of a listener of its own. */
export function cozeSurface(parts: CozeParts): FastifyPluginAsync {
  return async function coze(server) {
    await server.register(cors, {
      origin: '*',
      methods: ['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS'],
      exposedHeaders: ['X-Tt-Logid', 'X-Request-Id'],
      strictPreflight: false,
    });
    await server.register(multipart, {
      limits: { files: 10, fields: 20, fieldSize: 64 * 1024, fieldNameSize: 200 },
    });
    readJson(server);
    if (parts.limits.requestsPerMinute !== null) await limitRequests(server, parts.limits.requestsPerMinute);
    server.decorateRequest('cozeToken', null);
    server.decorateRequest('cozeLogId', '');
    server.addHook('onRequest', (request, reply, done) => {
      request.cozeLogId = logId(request.id, new Date());
      reply.header('x-tt-logid', request.cozeLogId);
      done();
    });
    server.setErrorHandler((error, request, reply) => sendError(error, request, reply));
    server.setNotFoundHandler((request, reply) =>
      sendError(new CozeError(4000, 'The requested path does not exist here.', 404), request, reply),
    );
    for (const route of cozeRoutes) {
      server.route({
        method: [...methodsOf(route)],
        url: route.path,
        config: { coze: route },
        onRequest: (request) => authenticate(parts, route, request),
        async handler(request, reply) {
          const result = await answer(parts, route, request, reply);
          return reply.sent || result === reply ? reply : sendJson(reply, result);
        },
      });
    }
    refuseOtherMethods(server, cozeRoutes, () => new CozeError(4000, 'This path has no such method.', 405));
  };
}

declare module 'fastify' {
  interface FastifyContextConfig {
    coze?: CozeRoute;
  }
}

export function methodsOf({ method }: CozeRoute) {
  return typeof method === 'string' ? [method] : method;
}

/** An integer `code` and a `msg` on every answer, and no newline at its end (`facts/coze-wire.md` §1 rules 2, 3, 10). */
function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { code, message, status } = toCozeError(error);
  if (code === 5000) request.log.error({ err: error }, 'request failed');
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="api"');
  const { errors } = request.routeOptions.config.coze ?? {};
  const streams = errors === 'chat' && (request.body as { stream?: unknown } | undefined)?.stream === true;
  reply.code(streams ? 200 : errors === 'bytes' && status === 200 ? 400 : status);
  return sendJson(reply, { code, msg: message, detail: { logid: request.cozeLogId } });
}

function sendJson(reply: FastifyReply, value: unknown): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(oneLine(value));
}

/** Per token. Whoever has asked for too much must still be able to stop it, and to see how it goes. */
async function limitRequests(server: FastifyInstance, perMinute: number): Promise<void> {
  await server.register(rateLimit, {
    max: perMinute,
    timeWindow: 60_000,
    // A stream request is refused with HTTP 200 (`facts/coze-wire.md` §1 rule 10), so its body is needed.
    hook: 'preHandler',
    allowList: (request) =>
      /\/v3\/chat\/(?:cancel|retrieve|message\/list)$/.test(request.routeOptions.url ?? ''),
    keyGenerator: (request) => request.cozeToken?.tokenId ?? request.ip,
    errorResponseBuilder: () =>
      new ParleyError('too_many_requests', 429, 'Too many requests. Please try again later.'),
  });
}

/** JSON, whatever it is called: some SDKs call an empty body a form (`facts/coze-wire.md` §1 rule 13). */
function readJson(server: FastifyInstance): void {
  server.removeContentTypeParser(['application/json', 'text/plain']);
  const parseJson = server.getDefaultJsonParser('error', 'error');
  server.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
    if (String(body).trim() === '') return done(null, undefined);
    return parseJson(request, String(body), done);
  });
}
