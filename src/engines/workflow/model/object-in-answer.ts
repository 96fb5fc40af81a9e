import { isRecord } from '../../../config/is-record.ts';
import { withoutReasoning } from '../../../runs/reasoning.ts';
import { parseLooseJson } from '../http/parse-loose-json.ts';
import type { ValueRecord } from '../values/value.ts';
import { plainThinkTags } from './plain-think-tags.ts';

/** Deeper than any answer is meant to be; what writes values by recursion would break far below. */
const MAX_DEPTH = 200;
/** Characters looked at, some of them many times where brackets have no end. */
const MAX_SCANNED = 4_000_000;
/** Pieces between brackets that are tried, most of which are no JSON where there are so many. */
const MAX_TRIED = 1_000;

/**
 * The JSON object that a model was to answer with, wherever it stands: alone, in a fence, between words, behind reasoning.
 * The first one that is whole counts; without any, one that can be mended. Undefined: there is none.
 */
export function objectInAnswer(answer: string): ValueRecord | undefined {
  const text = withoutReasoning(plainThinkTags(answer));
  return wholeObject(text) ?? mendedObject(text);
}

function wholeObject(text: string): ValueRecord | undefined {
  let scanned = 0;
  let tried = 0;
  for (let at = text.indexOf('{'); at !== -1; at = text.indexOf('{', at + 1)) {
    if (scanned >= MAX_SCANNED || tried >= MAX_TRIED) break;
    const { end, seen } = closingOf(text, at);
    scanned += seen;
    if (end === null) continue;
    tried += 1;
    const value = parsed(text.slice(at, end));
    if (value !== undefined) return value;
  }
  return undefined;
}

function parsed(json: string): ValueRecord | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isRecord(value) ? (value as ValueRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** Where the object that opens at `from` is closed; null: nowhere, or it is too deep. */
function closingOf(text: string, from: number): { readonly end: number | null; readonly seen: number } {
  let depth = 0;
  let quoted = false;
  for (let at = from; at < text.length; at += 1) {
    const character = text[at];
    if (quoted) {
      if (character === '\\') at += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > MAX_DEPTH) return { end: null, seen: at - from };
    } else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 0) return { end: at + 1, seen: at - from };
    }
  }
  return { end: null, seen: text.length - from };
}

/** What stands in a fence, else all between the first and the last bracket. */
function mendedObject(text: string): ValueRecord | undefined {
  const fence = text.indexOf('```');
  const inFence = fence === -1 ? '' : (text.slice(fence + 3).split('```', 1)[0] ?? '');
  const source = inFence.includes('{') ? inFence : text;
  const json = source.slice(source.indexOf('{'), source.lastIndexOf('}') + 1);
  if (!json.startsWith('{') || depthOf(json) > MAX_DEPTH) return undefined;
  const value = parseLooseJson(json)?.value;
  return isRecord(value) ? (value as ValueRecord) : undefined;
}

/** At most, whatever is quoted. */
function depthOf(text: string): number {
  let depth = 0;
  let most = 0;
  for (const character of text) {
    if (character === '{' || character === '[') most = Math.max(most, ++depth);
    else if (character === '}' || character === ']') depth -= 1;
  }
  return most;
}
