import type { FastifyReply, FastifyRequest } from 'fastify';
import type * as z from 'zod';
import type { App } from '../../apps/app.ts';
import type { TokenGrant } from '../../apps/token-ring.ts';
import type { TOKEN_SCOPES } from '../../config/token-scopes.ts';
import type { Owner } from '../../store/owner.ts';
import type { Reach } from '../../store/reach.ts';
import type { ConversationRow } from '../../store/schema.ts';
import type { CozeParts } from './coze-parts.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** One route of the Open API, said once: the gate checks what stands here, and the security tests walk over it. */
export interface CozeRoute<
  Body extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Params extends z.ZodType = z.ZodType,
> {
  /** Several where clients differ (`facts/coze-wire.md` §18). */
  readonly method: Method | readonly Method[];
  /** Below the base URL, with `:name` parameters. */
  readonly path: string;
  readonly summary: string;
  /** Permissions that open it, any of them (`facts/coze-wire.md` §4.3); empty: every token. */
  readonly scopes: readonly (typeof TOKEN_SCOPES)[number][];
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body | 'multipart';
  /**
   * `chat`: a bad token is HTTP 200 with 4101, and a request with `stream: true` has all its errors in HTTP 200
   * (`facts/coze-wire.md` §4.2, §1 rule 10). `bytes`: errors are never 2xx (rule 21).
   */
  readonly errors?: 'chat' | 'bytes';
  /**
   * Answers what stands beside `code`, `msg` and `detail`, usually `{ data }`; or the reply, when it has been taken
   * over.
   */
  handle(
    context: CozeContext,
    input: {
      readonly body: z.output<Body>;
      readonly query: z.output<Query>;
      readonly params: z.output<Params>;
    },
  ): Promise<Readonly<Record<string, unknown>> | FastifyReply>;
}

/** Who asks, and what the route may use to answer. */
export interface CozeContext {
  readonly parts: CozeParts;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly token: TokenGrant;
  readonly logId: string;
  readonly reach: Reach;
  /** The token's own data: uploads, and conversations that were made for no bot. */
  readonly account: Owner;
  /** Aborts when the client goes away before it was answered. */
  readonly signal: AbortSignal;
  /** The app behind a bot id (or by its own id). @throws CozeError 4200 when the token does not open it */
  bot(id: string): App;
  /** Bots that the token opens. */
  bots(): readonly App[];
  /** @throws CozeError 4002 when the token reaches no such conversation */
  conversation(id: string): Promise<ConversationRow>;
}

/** Keeps a route's schemas and handler in step. */
export function defineRoute<Body extends z.ZodType, Query extends z.ZodType, Params extends z.ZodType>(
  route: CozeRoute<Body, Query, Params>,
): CozeRoute {
  return route as unknown as CozeRoute;
}
