import type { FastifyReply, FastifyRequest } from 'fastify';
import type * as z from 'zod';
import type { App } from '../../apps/app.ts';
import { type ErrorCode, invalidParam, notFound, ParleyError } from '../../errors.ts';
import { DEFAULT_USER, findOrCreateEndUser } from '../../store/end-users.ts';
import { firstValues } from '../first-values.ts';
import { goneSignal } from '../gone-signal.ts';
import { isTooComplex } from '../is-too-complex.ts';
import { readForm } from '../read-form.ts';
import type { DifyParts } from './dify-parts.ts';
import { badRequest, notJson } from './errors.ts';
import { pydanticError } from './pydantic-error.ts';
import type { DifyContext, DifyRoute, ModeFamily } from './route.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by `authenticate`: what the key opens. */
    grant: { readonly appId: string; readonly keyId: string } | null;
  }
}

/** Checks the key before the body is read (`facts/dify-wire.md` §1.2). @throws ParleyError 401 */
export async function authenticate({ keys }: DifyParts, request: FastifyRequest): Promise<void> {
  const header = request.headers.authorization ?? '';
  const space = header.indexOf(' ');
  if (space === -1) throw unauthorized("Authorization header must be provided and start with 'Bearer'");
  if (header.slice(0, space).toLowerCase() !== 'bearer')
    throw unauthorized("Authorization scheme must be 'Bearer'");
  const grant = await keys.find(header.slice(space + 1).trim());
  if (!grant) throw unauthorized('Access token is invalid');
  request.grant = grant;
}

/**
 * Answers a request by its route, after the checks in Dify's order (`facts/dify-wire.md` §1.2): app, `user`, mode,
 * schema.
 */
export async function answer(
  parts: DifyParts,
  route: DifyRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const app = parts.apps.get(request.grant?.appId ?? '');
  if (!app) throw new ParleyError('forbidden', 403, 'The app no longer exists.');
  const body = await readBody(route, request, reply);
  const user = readUser(route, request, body);
  checkMode(route.modes, app);
  const params = parseParams(route.params, request.params);
  const query = route.query ? parse(route.query, firstValues(request.query)) : {};
  const parsed = route.body && route.body !== 'multipart' ? parse(route.body, body) : {};
  const identify = async (given: string | undefined) => {
    const name = given?.replaceAll('\0', '') || DEFAULT_USER;
    if (name.length > MAX_USER && Array.from(name).length > MAX_USER)
      throw invalidParam(`user must have at most ${MAX_USER} characters.`);
    const endUser = await findOrCreateEndUser(parts.store, app.id, name);
    return { endUser, owner: { appId: app.id, endUserId: endUser.id } };
  };
  const context: DifyContext = {
    parts,
    app,
    request,
    reply,
    ...(await identify(user)),
    identify,
    // Made only for routes that ask for it.
    get signal() {
      return goneSignal(reply);
    },
    signedUrl: (fileId) =>
      (parts.publicUrl ?? `${request.protocol}://${request.host}`) + parts.signer.sign(fileId),
  };
  return route.handle(context, { body: parsed, query, params } as never);
}

/** Dify's column holds as many; without a limit each request could make the server remember megabytes. */
const MAX_USER = 255;

function unauthorized(message: string): ParleyError {
  return new ParleyError('unauthorized', 401, message);
}

/** The JSON object of routes that take one. */
async function readBody(
  route: DifyRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Record<string, unknown>> {
  if (!route.body || route.body === 'multipart') return {};
  if (route.body.form && request.isMultipart())
    return Object.fromEntries((await readForm(request, reply)).fields);
  if (!request.headers['content-type']) throw notJson();
  const { body } = request;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw badRequest();
  if (isTooComplex(body)) throw badRequest();
  return body as Record<string, unknown>;
}

function readUser(
  { user }: DifyRoute,
  request: FastifyRequest,
  body: Record<string, unknown>,
): string | undefined {
  if (user.in === 'nowhere' || user.in === 'form') return undefined;
  const given = user.in === 'body' ? body.user : (request.query as Record<string, unknown>).user;
  const value = Array.isArray(given) ? given[0] : given;
  if (value) return asText(value);
  if (user.required) throw invalidParam('Arg user must be provided.');
  return undefined;
}

/** What is no string names an end user too (`facts/dify-wire.md` §1.3); but nobody nests so deep that it cannot be said. */
function asText(value: unknown): string {
  if (typeof value !== 'object') return String(value);
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw badRequest(cause);
  }
}

const WRONG_APP = 'Please check if your app mode matches the right API route.';

/** Which modes are of a family, and what others are told (`facts/dify-wire.md` §5). */
const FAMILIES: Readonly<
  Record<
    Exclude<ModeFamily, 'any'>,
    { readonly modes: readonly App['mode'][]; readonly code: ErrorCode; readonly message: string }
  >
> = {
  chat: { modes: ['chat', 'agent-chat', 'advanced-chat'], code: 'not_chat_app', message: WRONG_APP },
  workflow: { modes: ['workflow'], code: 'not_workflow_app', message: WRONG_APP },
  graph: { modes: ['workflow', 'advanced-chat'], code: 'not_workflow_app', message: WRONG_APP },
  completion: {
    modes: ['completion'],
    code: 'app_unavailable',
    message: 'App unavailable, please check your app configurations.',
  },
};

function checkMode(family: ModeFamily, app: App): void {
  if (family === 'any') return;
  const { modes, code, message } = FAMILIES[family];
  if (!modes.includes(app.mode)) throw new ParleyError(code, 400, message);
}

function parse(
  { name, schema }: { readonly name: string; readonly schema: z.ZodType },
  input: unknown,
): unknown {
  const result = schema.safeParse(input);
  if (!result.success) throw pydanticError(name, result.error, input);
  return result.data;
}

/** Ids in paths are UUIDs; what is none names nothing (`facts/dify-wire.md` §1.1). */
function parseParams(schema: z.ZodType | undefined, params: unknown): unknown {
  if (!schema) return {};
  const result = schema.safeParse(params);
  // PostgreSQL cannot even look for a text with NUL in it.
  if (!result.success || JSON.stringify(params).includes('\\u0000'))
    throw notFound('The requested URL was not found on the server.');
  return result.data;
}
