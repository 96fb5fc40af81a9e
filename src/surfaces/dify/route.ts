import type { FastifyReply, FastifyRequest } from 'fastify';
import type * as z from 'zod';
import type { App } from '../../apps/app.ts';
import type { Owner } from '../../store/owner.ts';
import type { EndUserRow } from '../../store/schema.ts';
import type { DifyParts } from './dify-parts.ts';

/** Where a route finds `user`, and whether it must be there (`facts/dify-wire.md` §1.3). */
export type UserSource =
  | { readonly in: 'body' | 'query'; readonly required: boolean }
  /** Multipart: the route reads the form itself and then calls `context.identify`. */
  | { readonly in: 'form' }
  | { readonly in: 'nowhere' };

/**
 * Which apps a route serves; another app's key gets the family's own error (`facts/dify-wire.md` §5). Agents and chatflows
 * are chat apps on this wire; what is run in a chatflow is a workflow too (`graph`).
 */
export type ModeFamily = 'chat' | 'completion' | 'workflow' | 'graph' | 'any';

/**
 * One route of the Service API, said once: the gate checks what stands here in Dify's order, the OpenAPI document
 * is generated from it, and the security tests walk over it.
 */
export interface DifyRoute<
  Body extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Params extends z.ZodType = z.ZodType,
> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/v1`, with `:name` parameters. */
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly modes: ModeFamily;
  readonly user: UserSource;
  readonly params?: Params;
  /** `name` is the model name that validation errors print. */
  readonly query?: { readonly name: string; readonly schema: Query };
  /** `form`: the same fields may also come as a multipart form. */
  readonly body?: { readonly name: string; readonly schema: Body; readonly form?: true } | 'multipart';
  /** What it answers: JSON by this schema, a run (JSON or stream, as asked), bytes, or nothing (204). */
  readonly response:
    | { readonly status: 200 | 201; readonly schema: z.ZodType }
    | { readonly status: 200; readonly run: z.ZodType }
    | { readonly status: 200; readonly bytes: string }
    | { readonly status: 204 };
  handle(
    context: DifyContext,
    input: {
      readonly body: z.output<Body>;
      readonly query: z.output<Query>;
      readonly params: z.output<Params>;
    },
  ): Promise<unknown>;
}

/** Who asks, and what the route may use to answer. */
export interface DifyContext {
  readonly parts: DifyParts;
  readonly app: App;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** The end user; on routes without `user`, `DEFAULT-USER`. */
  readonly endUser: EndUserRow;
  readonly owner: Owner;
  /** For multipart routes: the end user that the form names. */
  identify(user: string | undefined): Promise<{ readonly endUser: EndUserRow; readonly owner: Owner }>;
  /** Aborts when the client goes away before it was answered. */
  readonly signal: AbortSignal;
  /** A whole address of an upload as the client reaches this server, signed now. */
  signedUrl(fileId: string): string;
}

/** Keeps a route's schemas and handler in step. */
export function defineRoute<Body extends z.ZodType, Query extends z.ZodType, Params extends z.ZodType>(
  route: DifyRoute<Body, Query, Params>,
): DifyRoute {
  return route as unknown as DifyRoute;
}
