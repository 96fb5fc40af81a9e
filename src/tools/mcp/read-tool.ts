import { isRecord } from '../../config/is-record.ts';
import type { ParameterSchema } from '../tool.ts';
import type { ToolIcon } from '../tool-icon.ts';
import { cleanText } from './clean-text.ts';
import type { McpLimits } from './mcp-limits.ts';

/** A tool as a server describes it, made fit to be shown to people and models (`facts/peers.md` §4.3 D5). */
export interface McpTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly parameters: ParameterSchema;
  /** Of `structuredContent`; null: it says none, or none that we would look at. */
  readonly outputSchema: Readonly<Record<string, unknown>> | null;
  readonly icon: ToolIcon;
}

const MAX_NAME_LENGTH = 128;
const MAX_TITLE_LENGTH = 256;
const MAX_DESCRIPTION_LENGTH = 4_096;
const MAX_ICON_LENGTH = 64 * 1024;

/** Reads one entry of `tools/list`; a string says why it cannot be used. */
export function readTool(raw: unknown, limits: McpLimits): McpTool | string {
  if (!isRecord(raw)) return 'an entry that is no tool';
  const { name, description, inputSchema, outputSchema } = raw;
  if (typeof name !== 'string' || name === '') return 'a tool without a name';
  if (name.length > MAX_NAME_LENGTH || cleanText(name, MAX_NAME_LENGTH) !== name)
    return `a tool whose name is too long, or has characters that no name has: ${cleanText(name, 50)}`;
  if (!isRecord(inputSchema) || (inputSchema.type !== undefined && inputSchema.type !== 'object'))
    return `${name}: its parameters are not an object`;
  if (!isBounded(inputSchema, limits)) return `${name}: the schema of its parameters is too large`;
  return {
    name,
    title: titleOf(raw) || name,
    description: typeof description === 'string' ? cleanText(description, MAX_DESCRIPTION_LENGTH) : '',
    parameters: { ...cleanSchema(inputSchema), type: 'object' },
    outputSchema: isRecord(outputSchema) && isBounded(outputSchema, limits) ? outputSchema : null,
    icon: iconOf(raw.icons),
  };
}

/** `title` since 2025-06-18, `annotations.title` before. */
function titleOf({ title, annotations }: Readonly<Record<string, unknown>>): string {
  const titles = [title, isRecord(annotations) ? annotations.title : undefined];
  for (const text of titles) {
    const clean = typeof text === 'string' ? cleanText(text, MAX_TITLE_LENGTH).replaceAll('\n', ' ') : '';
    if (clean !== '') return clean;
  }
  return '';
}

/** Also keeps recursive readers of a schema, the validator's among them, from running out of stack. */
function isBounded(schema: unknown, limits: McpLimits): boolean {
  return (
    depthWithin(schema, limits.maxSchemaDepth) && JSON.stringify(schema).length <= limits.maxSchemaLength
  );
}

function depthWithin(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((inner) => depthWithin(inner, depth - 1));
}

/** Models read the descriptions in a schema, too. */
function cleanSchema(schema: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, cleanValue(key, value)]));
}

function cleanValue(key: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => cleanValue('', item));
  if (isRecord(value)) return cleanSchema(value);
  const words = key === 'description' || key === 'title' || key === '$comment';
  return words && typeof value === 'string' ? cleanText(value, MAX_DESCRIPTION_LENGTH) : value;
}

const plug: ToolIcon = { background: '#D1E9FF', content: '🔌' };

/** Since 2025-11-25. No SVG, which can hold scripts, and no plain http. */
function iconOf(icons: unknown): ToolIcon {
  const list: readonly unknown[] = Array.isArray(icons) ? icons.slice(0, 20) : [];
  for (const icon of list) {
    const src = isRecord(icon) ? icon.src : undefined;
    if (typeof src !== 'string' || src.length > MAX_ICON_LENGTH) continue;
    if (/^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$/.test(src)) return src;
    const url = URL.parse(src);
    if (url?.protocol === 'https:' && url.username === '' && url.password === '') return url.href;
  }
  return plug;
}
