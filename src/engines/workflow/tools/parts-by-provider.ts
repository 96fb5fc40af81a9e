import { isRecord } from '../../../config/is-record.ts';
import { isTooDeep } from '../../../tools/is-too-deep.ts';
import type { ToolPart } from '../../../tools/tool-part.ts';
import { pythonJson } from '../values/python-json.ts';
import { pythonStr } from '../values/python-text.ts';
import type { Value } from '../values/value.ts';

/** An answer in the parts in which Dify has it of a tool with this `provider_type`: it says JSON in several ways. */
export function partsByProvider(parts: readonly ToolPart[], providerType: string): readonly ToolPart[] {
  switch (providerType) {
    case 'api':
      return parts.flatMap(ofApi);
    case 'mcp':
      return parts.flatMap(ofMcp);
    default:
      return parts;
  }
}

/** JSON is told as text, too; what is no object is told as text only (`facts/dify-dsl-engine.md` §4.16). */
function ofApi(part: ToolPart): readonly ToolPart[] {
  if (part.kind !== 'json' || isTooDeep(part.value)) return [part];
  const value = part.value as Value;
  if (!isRecord(value)) return [{ kind: 'text', text: pythonStr(value) }];
  return [part, { kind: 'text', text: pythonJson(value) }];
}

/** Text that is an object in JSON is JSON, or a list of objects; any other list is told as Python prints it. */
function ofMcp(part: ToolPart): readonly ToolPart[] {
  if (part.kind !== 'text' || !/^\s*[[{]/.test(part.text)) return [part];
  const value = parsed(part.text);
  if (isRecord(value)) return [{ kind: 'json', value }];
  if (!Array.isArray(value)) return [part];
  if (value.every(isRecord)) return value.map((item) => ({ kind: 'json', value: item }));
  return [{ kind: 'text', text: pythonStr(value) }];
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isTooDeep(value) ? undefined : value;
  } catch {
    return undefined;
  }
}
