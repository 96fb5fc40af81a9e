import { z } from 'zod';
import { type DeclaredType, readTyped } from '../values/read-typed.ts';
import type { SegmentType } from '../values/segment-type.ts';
import type { Value } from '../values/value.ts';
import type { ErrorStrategy, RetryPolicy } from './graph.ts';

const DEFAULT_TYPES = [
  'string',
  'number',
  'object',
  'array[number]',
  'array[string]',
  'array[object]',
  'array[file]',
] as const satisfies readonly DeclaredType[];

/** Bounds of what files ask for; Dify's editor allows 10 retries and 5 seconds. */
const MAX_RETRIES = 100;
const MAX_INTERVAL_MS = 600_000;

const schema = z.looseObject({
  error_strategy: z.enum(['fail-branch', 'default-value', 'none', 'null', '']).nullish(),
  default_value: z
    .array(z.looseObject({ key: z.string(), type: z.enum(DEFAULT_TYPES), value: z.json().optional() }))
    .nullish(),
  retry_config: z
    .looseObject({
      retry_enabled: z.boolean().nullish(),
      max_retries: z.number().nullish(),
      retry_interval: z.number().nullish(),
    })
    .nullish(),
});

export interface ErrorPolicy {
  readonly errorStrategy: ErrorStrategy | null;
  readonly retry: RetryPolicy | null;
}

/** What every node can say about its errors (`facts/dify-dsl-engine.md` §2.2, §5.3). A string says what is wrong with it. */
export function readErrorPolicy(data: unknown): ErrorPolicy | string {
  const read = schema.safeParse(data);
  if (!read.success) return z.prettifyError(read.error);
  const { error_strategy, default_value, retry_config } = read.data;
  let errorStrategy: ErrorStrategy | null = null;
  if (error_strategy === 'fail-branch') errorStrategy = { kind: 'fail-branch' };
  if (error_strategy === 'default-value') {
    const values: Record<string, Value> = {};
    const types: Record<string, SegmentType> = {};
    for (const { key, type, value } of default_value ?? []) {
      const typed = readTyped((value ?? null) as Value, type);
      if (typed === undefined) return `The default value of ${key} is not of the type ${type}.`;
      values[key] = typed;
      if (type.startsWith('array[')) types[key] = type as SegmentType;
    }
    errorStrategy = { kind: 'default-value', values, types };
  }
  const retry =
    retry_config?.retry_enabled === true
      ? {
          max: within(retry_config.max_retries, MAX_RETRIES),
          intervalMs: within(retry_config.retry_interval, MAX_INTERVAL_MS),
        }
      : null;
  return { errorStrategy, retry };
}

function within(value: number | null | undefined, most: number): number {
  return Math.min(Math.max(0, Math.trunc(value ?? 0)), most);
}
