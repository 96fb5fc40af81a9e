import { ToolError } from '../tool-error.ts';
import type { McpLimits } from './mcp-limits.ts';

/** Where one message ends and another begins: at a line's end, at the blank line after an event, or nowhere. */
export type MessageEnd = 'line' | 'event' | 'none';

export interface MessageMeter {
  /**
   * Counts a piece of a stream, before anybody parses it.
   *
   * @throws ToolError when the message that it belongs to is too large
   */
  count(piece: Uint8Array): void;
}

/**
 * Measures messages on their way: their bytes, and those of them that stand in no JSON string. The former are mostly
 * files and texts, and cost little; the latter become objects: parsing 12 MB of `[[],[],…` blocks everything else for
 * seconds and takes half a gigabyte.
 */
export function messageMeter(
  limits: Pick<McpLimits, 'maxMessageBytes' | 'maxStructureBytes'>,
  end: MessageEnd,
): MessageMeter {
  let bytes = 0;
  let structure = 0;
  let state = OUTSIDE;
  /** Bytes of the line under way, and the last of them. */
  let line = 0;
  let last = 0;

  /** Within one line. In variables of its own, for speed: this sees every byte. */
  function countIn(piece: Uint8Array, from: number, to: number): void {
    let now = state;
    let marks = 0;
    for (let at = from; at < to; at++) {
      const byte = piece[at] ?? 0;
      if (now === OUTSIDE) {
        if (byte <= SPACE) continue;
        marks++;
        if (byte === QUOTE) now = INSIDE;
      } else if (byte === QUOTE && now === INSIDE) now = OUTSIDE;
      else if (byte === CARRIAGE_RETURN) now = OUTSIDE;
      else now = byte === BACKSLASH && now === INSIDE ? ESCAPED : INSIDE;
    }
    state = now;
    line += to - from;
    bytes += to - from;
    structure += marks;
    if (to > from) last = piece[to - 1] ?? 0;
    if (bytes > limits.maxMessageBytes) throw tooLong(limits.maxMessageBytes);
    if (structure > limits.maxStructureBytes) throw tooMuch(limits.maxStructureBytes);
  }

  function onLineEnd(): void {
    const blank = line === 0 || (line === 1 && last === CARRIAGE_RETURN);
    line = 0;
    // No string of JSON goes on in the next line; but what is no JSON may have one quote, e.g. the id of an event.
    state = OUTSIDE;
    bytes++;
    if (end !== 'line' && !(end === 'event' && blank)) return;
    bytes = 0;
    structure = 0;
  }

  return {
    count(piece) {
      let from = 0;
      for (let to = piece.indexOf(LINE_FEED); to >= 0; to = piece.indexOf(LINE_FEED, from)) {
        countIn(piece, from, to);
        onLineEnd();
        from = to + 1;
      }
      countIn(piece, from, piece.length);
    },
  };
}

/** Where a byte stands: in no string of JSON, in one, or in one after a backslash. */
const OUTSIDE = 0;
const INSIDE = 1;
const ESCAPED = 2;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

function tooLong(bytes: number): ToolError {
  return new ToolError('failed', `the MCP server sent a message of more than ${bytes} bytes`);
}

function tooMuch(bytes: number): ToolError {
  const text = `the MCP server sent a message with more than ${bytes} bytes of JSON besides its texts`;
  return new ToolError('failed', text);
}
