import type { FastifyReply, FastifyRequest } from 'fastify';
import type * as z from 'zod';
import type { App } from '../../apps/app.ts';
import type { TokenGrant } from '../../apps/token-ring.ts';
import { findReachableConversation } from '../../store/conversations.ts';
import { findOrCreateEndUser } from '../../store/end-users.ts';
import { firstValues } from '../first-values.ts';
import { goneSignal } from '../gone-signal.ts';
import { isTooComplex } from '../is-too-complex.ts';
import { CozeError, missingResource, parameterError } from './coze-error.ts';
import type { CozeParts } from './coze-parts.ts';
import { namedId, shortIdOf } from './ids.ts';
import type { CozeContext, CozeRoute } from './route.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by `authenticate`: what the token opens. */
    cozeToken: TokenGrant | null;
    /** `x-tt-logid` of the answer. */
    cozeLogId: string;
  }
}

const WRONG_TOKEN =
  'The token you entered is incorrect. Please double-check and try again. For more information, refer to ' +
  'https://coze.cn/docs/developer_guides/authentication';

/** Checks the token and its permission before the body is read. @throws CozeError as in `facts/coze-wire.md` §4.2 */
export async function authenticate(
  { tokens }: CozeParts,
  route: CozeRoute,
  request: FastifyRequest,
): Promise<void> {
  const header = request.headers.authorization ?? '';
  const [, token] = /^Bearer +(\S+)\s*$/i.exec(header) ?? [];
  const grant = token === undefined ? null : await tokens.find(token);
  if (!grant) {
    if (route.errors !== 'chat') throw new CozeError(700012006, 'access token invalid', 401);
    if (header !== '' && token === undefined) throw new CozeError(4100, 'authentication is invalid');
    throw new CozeError(4101, WRONG_TOKEN);
  }
  const { scopes } = grant;
  if (scopes !== 'all' && route.scopes.length > 0 && !route.scopes.some((scope) => scopes.includes(scope))) {
    throw new CozeError(
      4101,
      `The token has no permission for this; it needs ${route.scopes.join(' or ')}.`,
      route.errors === 'bytes' ? 403 : 200,
    );
  }
  request.cozeToken = grant;
}

/** Answers a request by its route, once its token is known. */
export async function answer(
  parts: CozeParts,
  route: CozeRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const token = request.cozeToken as TokenGrant;
  const params = parse(route.params, request.params);
  const query = parse(route.query, firstValues(request.query));
  // Such a body is not read here, and would count as nothing said.
  if (typeof route.body === 'object' && request.isMultipart())
    throw parameterError('the body must be a JSON object, and no form.');
  const body =
    route.body === 'multipart' ? {} : parse(route.body, readBody(request.body, route.body !== undefined));
  const account = { appId: '', endUserId: (await findOrCreateEndUser(parts.store, '', token.tokenId)).id };
  const reach = { apps: token.apps, account: account.endUserId };
  // A workflow is no bot: nobody talks with it.
  const bots = () => parts.apps.list().filter(({ mode }) => mode !== 'workflow');
  const opens = (app: App) => token.apps === 'all' || token.apps.includes(app.id);
  const context: CozeContext = {
    parts,
    request,
    reply,
    token,
    logId: request.cozeLogId,
    reach,
    account,
    get signal() {
      return goneSignal(reply);
    },
    bot(id) {
      const app = bots().find((app) => app.id === id || namedId('bot', app.id) === id);
      if (!app || !opens(app)) throw missingResource('bot_id', id);
      return app;
    },
    bots: () => bots().filter(opens),
    async conversation(id) {
      const shortId = shortIdOf(id);
      const found =
        shortId === null ? undefined : await findReachableConversation(parts.store, reach, shortId);
      if (!found) throw new CozeError(4002, 'invalid conversation');
      return found;
    },
  };
  const result = await route.handle(context, { body, query, params } as never);
  if ((result as unknown) === reply) return reply;
  return { code: 0, msg: '', ...(result as object), detail: { logid: request.cozeLogId } };
}

/** SDKs send nothing, or an empty form, where there is nothing to say (`facts/coze-wire.md` §1 rule 13). */
function readBody(body: unknown, wanted: boolean): Record<string, unknown> {
  if (!wanted || body === undefined || body === null) return {};
  if (typeof body !== 'object' || Array.isArray(body) || isTooComplex(body))
    throw parameterError('the body must be a JSON object.');
  return body as Record<string, unknown>;
}

function parse(schema: z.ZodType | 'multipart' | undefined, input: unknown): unknown {
  if (!schema || schema === 'multipart') return {};
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.join('.') || 'the request';
  if (issue && valueAt(input, issue.path) == null) throw parameterError(`${path} is required.`);
  throw parameterError(`${path}: ${reasonOf(issue)}`);
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce(
    (value: unknown, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key],
    input,
  );
}

/** Of a value that may be one of several kinds, why it is none of the last: the others are what stands for nothing. */
function reasonOf(issue: z.core.$ZodIssue | undefined): string {
  const last = issue?.code === 'invalid_union' ? issue.errors.at(-1)?.[0] : undefined;
  return (last ?? issue)?.message ?? 'invalid';
}
