import { isRecord } from '../../../config/is-record.ts';
import { isTooDeep } from '../../../tools/is-too-deep.ts';
import { ToolError } from '../../../tools/tool-error.ts';
import type { ToolPart } from '../../../tools/tool-part.ts';
import type { NodeContext } from '../node-context.ts';
import type { FileValue } from '../values/file-value.ts';
import type { Value, ValueRecord } from '../values/value.ts';
import { partsByProvider } from './parts-by-provider.ts';
import type { ToolConfig } from './tool-config.ts';

/** Outputs of a tool node, and others by the names that the tool gives them. */
export interface ToolAnswer extends ValueRecord {
  readonly text: string;
  readonly files: readonly FileValue[];
  readonly json: readonly Value[];
}

/**
 * Puts together what a tool answers, keeps its files, and lets its text be shown (`facts/dify-dsl-engine.md` §4.16).
 *
 * @throws ToolError for JSON that nobody could write again; when a file cannot be kept
 */
export async function toolAnswer(
  parts: readonly ToolPart[],
  config: Pick<ToolConfig, 'tool' | 'outputs'>,
  { services, signal, emit }: Pick<NodeContext, 'services' | 'signal' | 'emit'>,
): Promise<ToolAnswer> {
  let text = '';
  const files: FileValue[] = [];
  const json: Value[] = [];
  const say = (piece: string) => {
    text += piece;
    if (piece !== '') emit('text', piece);
  };
  for (const part of partsByProvider(parts, config.tool.providerType)) {
    switch (part.kind) {
      case 'text':
        say(part.text);
        break;
      case 'link':
        say(`Link: ${part.url}\n`);
        break;
      case 'json':
        if (isTooDeep(part.value)) throw new ToolError('failed', 'the JSON of its answer is nested too deep');
        json.push(part.value as Value);
        break;
      case 'file': {
        const { data: bytes, filename, mimeType } = part;
        files.push(await services.files.save({ bytes, filename, mimeType }, { signal }));
        break;
      }
    }
  }
  emit('text', '', { final: true });
  return { ...variablesOf(json, config), text, files, json: json.length > 0 ? json : [{ data: [] }] };
}

/** What an app as a tool gives out is a variable each, and of an MCP server's tool what its schema names. */
function variablesOf(
  json: readonly Value[],
  { tool, outputs }: Pick<ToolConfig, 'tool' | 'outputs'>,
): ValueRecord {
  if (tool.providerType !== 'workflow' && tool.providerType !== 'mcp') return {};
  const named = json.flatMap((value) => (isRecord(value) ? Object.entries(value as ValueRecord) : []));
  return Object.fromEntries(
    named.filter(([name]) => tool.providerType === 'workflow' || outputs.includes(name)),
  );
}
