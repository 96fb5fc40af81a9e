import Fastify, { type FastifyInstance, type FastifyReply, LogController } from 'fastify';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import { newId } from '../store/new-id.ts';
import type { Metrics } from './metrics.ts';

/** Room for ids in URLs. */
const MAX_PARAM_LENGTH = 500;
const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** How long a client may take. Answers are not meant: they take what they take. */
export interface HttpTimeouts {
  /** For a whole request, body included. */
  readonly requestMs: number;
  /** For its headers; also for a connection that says nothing at all. */
  readonly headersMs: number;
  readonly checkEveryMs: number;
}

/** Ten minutes bring 100 MB over a link of 1.5 Mbit/s. */
const TIMEOUTS: HttpTimeouts = { requestMs: 600_000, headersMs: 60_000, checkEveryMs: 30_000 };

export interface MalformedAnswer {
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpServerOptions {
  /** What is answered (HTTP 400) to a URL that no router can read, in the words of the surface that it is meant for. */
  readonly malformedUrl?: (url: string) => MalformedAnswer;
  readonly timeouts?: HttpTimeouts;
  /** False: neither `/health` nor `/metrics`. */
  readonly probes?: boolean;
}

/** The HTTP server without any surface: request ids, one log line per request, `/health` and `/metrics`. */
export function createHttpServer(
  config: Config,
  log: Logger,
  metrics: Metrics,
  {
    malformedUrl = () => ({ body: 'The URL is not well-formed.' }),
    timeouts: { requestMs, headersMs, checkEveryMs } = TIMEOUTS,
    probes = true,
  }: HttpServerOptions = {},
): FastifyInstance {
  const http = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    // Without it, a body that never ends would hold its connection for ever.
    requestTimeout: requestMs,
    http: { headersTimeout: headersMs, connectionsCheckingInterval: checkEveryMs },
    bodyLimit: config.limits.bodyBytes,
    // Some clients put a base address that ends in a slash before paths that begin with one.
    routerOptions: {
      maxParamLength: MAX_PARAM_LENGTH,
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
    },
    trustProxy: false,
    // Routes validate with zod. Fastify's own compilers would be loaded for nothing: 5 MB.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    forceCloseConnections: 'idle',
    frameworkErrors: (_error, request, reply: FastifyReply) => {
      const { body, headers = {} } = malformedUrl(request.url);
      void reply.code(400).headers(headers).send(body);
    },
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : newId();
    },
  }) as unknown as FastifyInstance;
  http.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    done();
  });
  http.addHook('onResponse', (request, reply, done) => {
    const { id, method } = request;
    const route = request.routeOptions.url;
    log.info({ id, method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request');
    done();
  });
  if (!probes) return http;
  http.get('/health', async () => ({ status: 'ok' }));
  http.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
  return http;
}

function noSchemas(): never {
  throw new Error('Routes take no Fastify schemas here.');
}
