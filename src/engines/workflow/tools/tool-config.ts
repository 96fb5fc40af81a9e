import { z } from 'zod';
import type { ToolName } from '../../../tools/tools.ts';
import { looseInputSchema, type ToolInput, toolInputSchema } from './tool-input.ts';

/** A tool as a node names it. */
export interface NamedTool extends ToolName {
  readonly label: string;
}

export interface ToolConfig {
  readonly tool: NamedTool;
  readonly pluginId: string | null;
  /** What models would fill in; nulls are left out. */
  readonly parameters: Readonly<Record<string, ToolInput>>;
  /** What only authors set; nulls are left out. */
  readonly configurations: Readonly<Record<string, ToolInput>>;
  /** Names in `output_schema`. */
  readonly outputs: readonly string[];
}

const text = z
  .string()
  .nullish()
  .transform((given) => given ?? '');

/** `data` of a tool node (`facts/dify-dsl-engine.md` §4.16). */
export const toolConfigSchema = z
  .looseObject({
    provider_id: text,
    provider_type: text,
    provider_name: text,
    tool_name: z.string().min(1),
    tool_label: text,
    plugin_unique_identifier: text,
    tool_parameters: z.record(z.string(), toolInputSchema).nullish(),
    /** Older files have plain values here. */
    tool_configurations: z.record(z.string(), looseInputSchema).nullish(),
    output_schema: z
      .looseObject({ properties: z.record(z.string(), z.unknown()).nullish() })
      .nullish()
      .catch(null),
  })
  .refine(({ provider_id, provider_name }) => provider_id !== '' || provider_name !== '', {
    message: 'provider_id or provider_name is required',
  })
  .transform(
    (data): ToolConfig => ({
      tool: {
        providerType: data.provider_type || 'builtin',
        providerId: data.provider_id,
        providerName: data.provider_name,
        tool: data.tool_name,
        label: data.tool_label,
      },
      pluginId: data.plugin_unique_identifier || null,
      parameters: written(data.tool_parameters),
      configurations: written(data.tool_configurations),
      outputs: Object.keys(data.output_schema?.properties ?? {}),
    }),
  );

/** Without what was left empty. */
export function written(
  inputs: Readonly<Record<string, ToolInput | null>> | null | undefined,
): Record<string, ToolInput> {
  return Object.fromEntries(
    Object.entries(inputs ?? {}).filter((entry): entry is [string, ToolInput] => entry[1] !== null),
  );
}
