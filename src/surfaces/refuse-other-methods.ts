import type { FastifyInstance } from 'fastify';

const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'] as const;

/**
 * A known path with another method is no unknown path: answers it with `Allow` and the error that `refuse` makes.
 * The routes of one path must spell it, and its parameters, alike.
 */
export function refuseOtherMethods(
  server: FastifyInstance,
  routes: readonly { readonly method: string | readonly string[]; readonly path: string }[],
  refuse: () => Error,
): void {
  const methods = new Map<string, string[]>();
  for (const { path, method } of routes) methods.set(path, (methods.get(path) ?? []).concat(method));
  for (const [path, allowed] of methods) {
    const others = METHODS.filter((method) => !allowed.includes(method));
    if (others.length === 0) continue;
    server.route({
      method: others,
      url: path,
      onRequest: async (_request, reply) => {
        reply.header('allow', [...allowed, 'OPTIONS'].join(', '));
        throw refuse();
      },
      handler: async () => undefined,
    });
  }
}
