import type { ChatRequest } from './chat-model.ts';

/** Stop sequences of the request and of its parameters, without repetition and empty ones. */
export function stopSequences(request: Pick<ChatRequest, 'params' | 'stop'>): string[] {
  const param = request.params.stop;
  const own = Array.isArray(param) ? param : [param];
  const all = [...(request.stop ?? []), ...own].filter((s): s is string => typeof s === 'string' && s !== '');
  return [...new Set(all)];
}
