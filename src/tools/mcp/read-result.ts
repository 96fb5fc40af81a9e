import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../../config/is-record.ts';
import { ToolError } from '../tool-error.ts';
import type { ToolPart } from '../tool-part.ts';
import type { McpResult } from './mcp-connection.ts';
import type { McpLimits } from './mcp-limits.ts';
import { readFile } from './read-file.ts';
import type { ServerWords } from './server-words.ts';

const MAX_ERROR_LENGTH = 4_096;
const MAX_LINK_LENGTH = 8_192;

/**
 * The parts of a tool's answer. Links that are not http are dropped: nobody here could follow a `file:` of the server.
 *
 * @throws ToolError when the tool says that it failed, or says too much
 */
export function readResult(
  tool: string,
  result: McpResult,
  limits: McpLimits,
  words: ServerWords,
): readonly ToolPart[] {
  const blocks = contentOf(result);
  if (blocks.length > limits.maxParts) throw tooLarge(`${limits.maxParts} parts`);
  let bytes = 0;
  const parts = blocks.flatMap((block): readonly ToolPart[] => {
    const part = readBlock(tool, block, limits.maxFileBytes - bytes);
    if (part?.kind === 'file') bytes += part.data.length;
    return part === null ? [] : [part];
  });
  const texts = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
  if (result.isError === true) {
    const said = words(texts.join('\n'), MAX_ERROR_LENGTH);
    throw new ToolError('failed', said === '' ? 'the tool failed, and does not say why' : said);
  }
  const { structuredContent } = result;
  const tooLong = () => tooLarge(`${limits.maxTextLength} characters`);
  const length = textLength(parts);
  if (length > limits.maxTextLength) throw tooLong();
  if (
    structuredContent === undefined ||
    texts.some((text) => says(text, structuredContent, limits.maxComparedLength))
  )
    return parts;
  if (length + jsonLength(structuredContent) > limits.maxTextLength) throw tooLong();
  return [...parts, { kind: 'json', value: structuredContent }];
}

function contentOf({ content }: McpResult): readonly unknown[] {
  if (Array.isArray(content)) return content;
  return content === undefined || content === null ? [] : [content];
}

function readBlock(tool: string, block: unknown, room: number): ToolPart | null {
  if (typeof block === 'string') return { kind: 'text', text: block };
  if (!isRecord(block)) return null;
  switch (block.type) {
    case 'text':
      return typeof block.text === 'string' ? { kind: 'text', text: block.text } : null;
    case 'image':
    case 'audio':
      return readFile(block.data, { tool, mimeType: block.mimeType, family: block.type }, room);
    case 'resource': {
      const resource = isRecord(block.resource) ? block.resource : {};
      if (typeof resource.text === 'string') return { kind: 'text', text: resource.text };
      return readFile(resource.blob, { tool, mimeType: resource.mimeType, uri: resource.uri }, room);
    }
    case 'resource_link': {
      const url = typeof block.uri === 'string' ? URL.parse(block.uri) : null;
      const web = url?.protocol === 'https:' || url?.protocol === 'http:';
      return web && url.href.length <= MAX_LINK_LENGTH ? { kind: 'link', url: url.href } : null;
    }
    default:
      // A kind of content that is newer than this. Its data are better than none.
      return { kind: 'json', value: block };
  }
}

/**
 * True when a text is the same JSON: the specification asks servers to send structured content as text, too. A text of
 * more than `most` characters is taken for the same when it looks like JSON, since to compare it takes too long.
 */
function says(text: string, value: unknown, most: number): boolean {
  if (text.length > most) return /^\s{0,100}[[{]/.test(text);
  try {
    return isDeepStrictEqual(JSON.parse(text), value);
  } catch {
    return false;
  }
}

function textLength(parts: readonly ToolPart[]): number {
  let length = 0;
  for (const part of parts) {
    if (part.kind === 'text') length += part.text.length;
    else if (part.kind === 'json') length += jsonLength(part.value);
  }
  return length;
}

/** What is nested too deeply for JSON to be written is too large for whatever reads it, too. */
function jsonLength(value: unknown): number {
  try {
    return JSON.stringify(value).length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function tooLarge(limit: string): ToolError {
  return new ToolError('failed', `the tool answered with more than the ${limit} that are allowed`);
}
