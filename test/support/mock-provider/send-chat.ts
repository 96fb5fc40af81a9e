import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { checkToolMessages } from './check-tool-messages.ts';
import { defaultTokens, type MockReply } from './mock-reply.ts';
import type { MockRequest } from './mock-request.ts';
import { wireToolCall, wireToolCallPieces } from './wire-tool-calls.ts';

/** Answers `/v1/chat/completions` or `/v1/completions` as `reply` says. */
export async function sendChat(
  request: MockRequest,
  response: ServerResponse,
  reply: MockReply,
): Promise<void> {
  const wrong = checkToolMessages(request.messages);
  if (wrong !== null) return refuse(response, wrong);
  const tokens = reply.gate ? [] : (reply.tokens ?? (reply.toolCalls ? [] : defaultTokens));
  if (reply.whole || request.body?.stream !== true) {
    if (reply.raw === undefined) return sendWhole(request, response, reply, tokens);
  }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', ...reply.headers });
  response.flushHeaders();
  request.open();
  if (reply.raw) {
    for (const piece of reply.raw) {
      request.write(piece);
      await nextTurn();
    }
    response.end();
    return;
  }
  await sendPieces(request, reply, tokens);
  if (reply.gate) await request.finished();
  if (reply.hold === true) await request.released();
  if (request.isOver) return;
  if (reply.error !== undefined) request.write(`data: ${JSON.stringify({ error: reply.error })}\n\n`);
  else if (reply.malformed)
    request.write(reply.malformed === true ? 'data: {"choices": [\n\n' : reply.malformed);
  else sendFinish(request, reply);
  response.end();
}

async function sendPieces(request: MockRequest, reply: MockReply, tokens: readonly string[]): Promise<void> {
  for (const piece of reply.reasoning ?? []) {
    if (reply.delayMs) await sleep(reply.delayMs);
    request.sendReasoning(piece);
  }
  for (let sent = 0; sent <= tokens.length; sent++) {
    if (reply.cutAfter === sent) {
      await nextTurn();
      request.cut();
    }
    if (reply.hold === sent) await request.released();
    const token = tokens[sent];
    if (request.isOver) return;
    if (token === undefined) break;
    if (reply.delayMs) await sleep(reply.delayMs);
    request.send(token);
  }
  for (const [position, call] of (reply.toolCalls ?? []).entries()) {
    for (const piece of wireToolCallPieces(call, position)) {
      if (reply.delayMs) await sleep(reply.delayMs);
      if (request.isOver) return;
      request.sendToolCall(piece);
    }
  }
}

function refuse(response: ServerResponse, message: string): void {
  response.writeHead(400, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { message, type: 'invalid_request_error' } }));
}

function sendFinish(request: MockRequest, reply: MockReply): void {
  if (reply.finishReason !== null) {
    const empty = request.isTextCompletion ? { text: '' } : { delta: {} };
    request.sendChunk({ choices: [{ index: 0, ...empty, finish_reason: reasonOf(reply) }] });
  }
  const usage = usageOf(reply, request.tokensSent);
  if (usage) request.sendChunk({ choices: [], usage });
  if (reply.done !== false) request.write('data: [DONE]\n\n');
}

function sendWhole(
  request: MockRequest,
  response: ServerResponse,
  reply: MockReply,
  tokens: readonly string[],
): void {
  const reasoning = reply.reasoning?.join('');
  const message = {
    role: 'assistant',
    content: tokens.join(''),
    ...(reasoning ? { reasoning_content: reasoning } : {}),
    ...(reply.toolCalls ? { tool_calls: reply.toolCalls.map(wireToolCall) } : {}),
  };
  const usage = usageOf(reply, tokens.length);
  const kind = request.isTextCompletion
    ? { id: 'cmpl-mock', object: 'text_completion' }
    : { id: 'chatcmpl-mock', object: 'chat.completion' };
  const said = request.isTextCompletion ? { text: tokens.join('') } : { message };
  response.writeHead(200, { 'content-type': 'application/json', ...reply.headers });
  response.end(
    JSON.stringify({
      ...kind,
      created: 1,
      model: request.body?.model,
      choices: [{ index: 0, ...said, finish_reason: reasonOf(reply) }],
      ...(usage ? { usage } : {}),
    }),
  );
}

function reasonOf(reply: MockReply): string {
  return reply.finishReason ?? (reply.toolCalls ? 'tool_calls' : 'stop');
}

function usageOf(reply: MockReply, tokens: number): Record<string, number> | null {
  if (reply.usage === null) return null;
  const usage = reply.usage ?? { prompt_tokens: 10, completion_tokens: tokens };
  return { ...usage, total_tokens: usage.prompt_tokens + usage.completion_tokens };
}
