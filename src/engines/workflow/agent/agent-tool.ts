import { z } from 'zod';
import { isRecord } from '../../../config/is-record.ts';
import { type NamedTool, written } from '../tools/tool-config.ts';
import { looseInputSchema, type ToolInput } from '../tools/tool-input.ts';

/** A tool as an agent node gives it to its model. */
export interface AgentTool {
  readonly tool: NamedTool;
  /** Stands in the place of the tool's own; empty: it does not. */
  readonly description: string;
  /** What only authors set. */
  readonly settings: Readonly<Record<string, ToolInput>>;
  /** What models would fill in, and the author has. */
  readonly fixed: Readonly<Record<string, ToolInput>>;
}

const text = z
  .string()
  .nullish()
  .transform((given) => given ?? '');

/** An input, or a plain value, or either of them within `{ value }`. */
const setting = z.unknown().transform(unwrapped).pipe(looseInputSchema);

function unwrapped(given: unknown): unknown {
  return isRecord(given) && !('type' in given) ? given.value : given;
}

/** `{ auto, value }`: the value holds when `auto` is 0. Of old files the value alone. */
const parameter = z
  .unknown()
  .transform((given) => {
    if (!isRecord(given) || !('auto' in given || 'value' in given)) return given;
    return given.auto === 0 || given.auto === false ? unwrapped(given.value) : null;
  })
  .pipe(looseInputSchema);

/** Tools that are on (`facts/dify-dsl-engine.md` §4.17). */
export const agentToolsSchema = z
  .array(
    z.looseObject({
      enabled: z.boolean().nullish(),
      provider_name: text,
      provider_id: text,
      type: text,
      tool_name: text,
      tool_label: text,
      settings: z.record(z.string(), setting).nullish(),
      parameters: z.record(z.string(), parameter).nullish(),
      extra: z.looseObject({ description: text }).nullish(),
    }),
  )
  .nullish()
  .transform((tools) => (tools ?? []).filter(({ enabled }) => enabled === true).map(toolOf));

type Entry = {
  readonly [Name in 'provider_name' | 'provider_id' | 'type' | 'tool_name' | 'tool_label']: string;
} & {
  readonly settings?: Readonly<Record<string, ToolInput | null>> | null | undefined;
  readonly parameters?: Readonly<Record<string, ToolInput | null>> | null | undefined;
  readonly extra?: { readonly description: string } | null | undefined;
};

function toolOf(entry: Entry): AgentTool {
  return {
    tool: {
      providerType: entry.type || 'builtin',
      providerId: entry.provider_id || entry.provider_name,
      providerName: entry.provider_name,
      tool: entry.tool_name,
      label: entry.tool_label,
    },
    description: entry.extra?.description ?? '',
    settings: written(entry.settings),
    fixed: written(entry.parameters),
  };
}
