import type { Tool, ToolContext } from '../tool.ts';
import type { ToolIcon } from '../tool-icon.ts';
import type { ToolPart } from '../tool-part.ts';
import type { BuiltinSettings } from './builtin-parts.ts';

/**
 * One parameter as JSON Schema. There is no `enum`: apps that were exported long ago hold values that are no option any
 * more (`facts/dify-dsl-engine.md` §9.2). The description names the options.
 */
export interface Parameter {
  readonly type: 'string' | 'number' | 'boolean';
  readonly description: string;
  readonly default?: string | number | boolean;
}

type Parameters = Readonly<Record<string, Parameter>>;

/** Values as `fitArguments` leaves them: of their types, but missing where they are neither required nor have a default. */
type Values<P extends Parameters> = { readonly [Name in keyof P]?: TypeNames[P[Name]['type']] };

interface TypeNames {
  readonly string: string;
  readonly number: number;
  readonly boolean: boolean;
}

/** A tool of a built-in provider, without what the tools of one provider have alike. */
export interface ToolDefinition<Given extends Parameters, Authored extends Parameters> {
  readonly name: string;
  readonly label: { readonly en_US: string; readonly zh_Hans: string };
  readonly description: string;
  /** As `Tool.lack`; null: nothing. */
  readonly lack?: string | null;
  /** What a model fills in. */
  readonly parameters: Given;
  readonly required: readonly (keyof Given & string)[];
  /** What the app's author sets. */
  readonly authored: Authored;
  invoke(args: Values<Given & Authored>, context: ToolContext): Promise<readonly ToolPart[]>;
}

export function defineTool<const Given extends Parameters, const Authored extends Parameters>(
  settings: BuiltinSettings,
  icon: ToolIcon,
  definition: ToolDefinition<Given, Authored>,
): Tool {
  const { name, label, description, parameters, required, authored } = definition;
  return {
    provider: settings.name,
    name,
    label,
    description,
    parameters: { type: 'object', properties: { ...parameters, ...authored }, required },
    authored: Object.keys(authored),
    icon,
    timeoutMs: settings.timeoutMs,
    executedBy: 'server',
    ...(definition.lack ? { lack: definition.lack } : {}),
    invoke: (args, context) => definition.invoke(args as Values<Given & Authored>, context),
  };
}
