import type { MockToolCall } from './mock-reply.ts';

type Wire = Readonly<Record<string, unknown>>;

/** The events of a call's stream, one `delta.tool_calls` entry each. */
export function wireToolCallPieces(call: MockToolCall, position: number): Wire[] {
  const { arguments: given = '{}' } = call;
  const [first, rest] = typeof given === 'string' ? [given, []] : ['', given];
  const index = call.index === undefined ? position : call.index;
  const place = index === null ? {} : { index };
  return [
    { ...place, ...head(call, position, first) },
    ...rest.map((piece) =>
      call.repeats
        ? { ...place, ...head(call, position, piece) }
        : { ...place, function: { arguments: piece } },
    ),
  ];
}

/** The call as it stands in a whole message. */
export function wireToolCall(call: MockToolCall, position: number): Wire {
  return head(call, position, [call.arguments ?? '{}'].flat().join(''));
}

function head(call: MockToolCall, position: number, text: string): Wire {
  const id = call.id === undefined ? `call_${position + 1}` : call.id;
  return {
    ...(id === null ? {} : { id }),
    type: 'function',
    function: { name: call.name, arguments: text },
    ...call.extra,
  };
}
