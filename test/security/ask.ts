import type { DifyRoute } from '../../src/surfaces/dify/route.ts';
import type { Belongings } from './victim.ts';

/** An app that `route` serves, of those that the security tests have. */
export function appOf({ modes, path }: DifyRoute): 'chat' | 'completion' | 'workflow' {
  if (modes === 'completion') return 'completion';
  return modes === 'workflow' || modes === 'graph' || path.startsWith('/workflows') ? 'workflow' : 'chat';
}

/** A request that `route` would take, made out of its description in the route table. */
export function requestFor(
  route: DifyRoute,
  user: string,
  things: Belongings,
): { path: string; init: RequestInit } {
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => {
    const id = things[name as keyof Belongings];
    if (typeof id !== 'string') throw new Error(`the security tests know no ${name} for ${route.path}`);
    return id;
  });
  // More than any one route reads; each ignores what it does not know.
  const fields: Record<string, unknown> = {
    user,
    inputs: { secret: 'x', text: 'x' },
    query: 'q',
    conversation_id: things.conversation_id,
    message_id: things.message_id,
    text: 'say it',
    value: 'v',
    name: 'renamed',
    rating: 'like',
    auto_generate_name: false,
    response_mode: 'blocking',
  };
  const query = new URLSearchParams({ user, conversation_id: things.conversation_id });
  if (route.method === 'GET') return { path: `${path}?${query}`, init: { method: 'GET' } };
  if (route.body === 'multipart') {
    const form = new FormData();
    form.append('file', new Blob(['data'], { type: 'audio/mpeg' }), 'a.mp3');
    form.append('user', user);
    return { path, init: { method: route.method, body: form } };
  }
  return {
    path,
    init: {
      method: route.method,
      body: JSON.stringify(fields),
      headers: { 'content-type': 'application/json' },
    },
  };
}
