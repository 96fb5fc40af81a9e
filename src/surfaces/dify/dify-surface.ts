import cors from '@fastify/cors';
import multipart from '@fastify/multipart';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { ParleyError } from '../../errors.ts';
import { refuseOtherMethods } from '../refuse-other-methods.ts';
import type { DifyParts } from './dify-parts.ts';
import { toEnvelope } from './errors.ts';
import { answer, authenticate } from './gate.ts';
import { difyRoutes } from './routes/index.ts';

/** The Dify release whose API this is; clients that look at versions expect one of Dify's (`facts/dify-wire.md` §1.1). */
const DIFY_VERSION = '1.14.2';

/** The Dify Service API, to be mounted under `/v1`. */
export function difySurface(parts: DifyParts): FastifyPluginAsync {
  return async function dify(server) {
    await server.register(cors, {
      origin: '*',
      methods: ['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH'],
      allowedHeaders: ['Content-Type', 'X-App-Code', 'X-App-Passport', 'Authorization'],
      exposedHeaders: ['X-Version', 'X-Env', 'X-Trace-Id', 'X-Request-Id', 'Retry-After'],
      optionsSuccessStatus: 200,
      strictPreflight: false,
    });
    await server.register(multipart, {
      limits: { files: 2, fields: 20, fieldSize: 64 * 1024, fieldNameSize: 200 },
    });
    readJsonOnly(server);
    if (parts.limits.requestsPerMinute !== null) await limitRequests(server, parts.limits.requestsPerMinute);
    server.decorateRequest('grant', null);
    server.addHook('onRequest', (_request, reply, done) => {
      reply.header('x-version', DIFY_VERSION).header('x-env', 'PRODUCTION');
      done();
    });
    server.setErrorHandler((error, request, reply) => {
      const envelope = toEnvelope(error);
      if (envelope.status >= 500) request.log.error({ err: error }, 'request failed');
      if (envelope.status === 401) reply.header('www-authenticate', 'Bearer realm="api"');
      return reply.code(envelope.status).send(envelope);
    });
    server.setNotFoundHandler((_request, reply) =>
      reply
        .code(404)
        .send({ code: 'not_found', message: 'The requested URL was not found on the server.', status: 404 }),
    );
    server.get('/', async () => ({
      welcome: 'Dify OpenAPI',
      api_version: 'v1',
      server_version: DIFY_VERSION,
    }));
    for (const route of difyRoutes) {
      server.route({
        method: route.method,
        url: route.path,
        onRequest: (request) => authenticate(parts, request),
        async handler(request, reply) {
          reply.code(route.response.status);
          const result = await answer(parts, route, request, reply);
          return reply.sent ? reply : route.response.status === 204 ? reply.send() : result;
        },
      });
    }
    refuseOtherMethods(server, difyRoutes, methodNotAllowed);
  };
}

/** Per key, counted after the key was checked and before the body is read. */
async function limitRequests(server: FastifyInstance, perMinute: number): Promise<void> {
  await server.register(rateLimit, {
    max: perMinute,
    timeWindow: 60_000,
    hook: 'preParsing',
    // Whoever has asked for too much must still be able to stop it, and to come back to it.
    allowList: (request) => /\/(?:stop|events)$/.test(request.routeOptions.url ?? ''),
    keyGenerator: (request) => request.grant?.keyId ?? request.ip,
    errorResponseBuilder: () =>
      new ParleyError('too_many_requests', 429, 'Too many requests. Please try again later.'),
  });
}

/** No content type but JSON and multipart is read; `application/problem+json` and its like count as JSON. */
function readJsonOnly(server: FastifyInstance): void {
  server.removeContentTypeParser(['application/json', 'text/plain']);
  server.addContentTypeParser(
    /^application\/(?:[\w.-]+\+)?json\b/i,
    { parseAs: 'string' },
    server.getDefaultJsonParser('error', 'error'),
  );
}

/** `facts/dify-wire.md` §1.1: not 404. */
function methodNotAllowed(): ParleyError {
  return new ParleyError('method_not_allowed', 405, 'The method is not allowed for the requested URL.');
}
