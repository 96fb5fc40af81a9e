import { z } from 'zod';
import { expectedSchema } from '../conditions/condition.ts';
import { filterList } from '../lists/filter-list.ts';
import { sortList } from '../lists/sort-list.ts';
import { NodeError } from '../node-error.ts';
import { defineNode } from '../node-kind.ts';
import { expandTemplate } from '../pool/references.ts';
import { selectorText } from '../pool/selector.ts';
import { pythonInt } from '../values/python-parse.ts';
import type { SegmentType } from '../values/segment-type.ts';
import { typeOf } from '../values/type-of.ts';
import type { Value } from '../values/value.ts';
import { selectorSchema } from './schemas.ts';

const enabled = { enabled: z.boolean().nullish() };

const config = z.looseObject({
  variable: selectorSchema,
  filter_by: z
    .looseObject({
      ...enabled,
      conditions: z
        .array(
          z.looseObject({
            key: z.string().nullish(),
            comparison_operator: z.string(),
            value: expectedSchema,
          }),
        )
        .nullish(),
    })
    .nullish(),
  extract_by: z.looseObject({ ...enabled, serial: z.union([z.string(), z.number()]).nullish() }).nullish(),
  order_by: z
    .looseObject({ ...enabled, key: z.string().nullish(), value: z.enum(['asc', 'desc']).nullish() })
    .nullish(),
  limit: z.looseObject({ ...enabled, size: z.number().nullish() }).nullish(),
});

const SUPPORTED: readonly SegmentType[] = ['array[string]', 'array[number]', 'array[file]', 'array[boolean]'];

/** Filters, takes one, sorts and cuts a list, always in this order (`facts/dify-dsl-engine.md` §4.19). */
export const listOperator = defineNode<z.infer<typeof config>>({
  types: ['list-operator'],
  role: 'plain',
  config,
  references: ({ variable }) => [variable],
  run({ variable: selector, filter_by, extract_by, order_by, limit }, { pool }) {
    const variable = pool.get(selector);
    if (variable === undefined) throw failed(`Variable not found for selector: ${selectorText(selector)}`);
    const type = typeOf(variable);
    const { value } = variable;
    if (value === null || value === '' || value === 0 || value === false || isEmptyList(value)) {
      const inputs = { variable: [] };
      const outputs = { result: [], first_record: null, last_record: null };
      return {
        inputs,
        processData: inputs,
        outputs,
        ...(type.startsWith('array[') && { types: { result: type } }),
      };
    }
    if (!SUPPORTED.includes(type)) {
      throw failed(`Variable ${selectorText(selector)} is not an array type, actual type: ${type}`);
    }
    const inputs = { variable: value };
    let result = value as readonly Value[];
    try {
      if (filter_by?.enabled === true) {
        for (const condition of filter_by.conditions ?? [])
          result = filterList(result, type, condition, pool);
      }
      if (extract_by?.enabled === true) {
        const serial = pythonInt(expandTemplate(String(extract_by.serial ?? '1'), pool));
        result = [extracted(result, serial)];
      }
      if (order_by?.enabled === true) {
        result = sortList(result, order_by.key ?? '', order_by.value === 'desc');
      }
      if (limit?.enabled === true) result = result.slice(0, limit.size ?? 10);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new NodeError('ListOperatorError', message, { inputs, processData: inputs, cause: error });
    }
    const outputs = { result, first_record: result[0] ?? null, last_record: result.at(-1) ?? null };
    return { inputs, processData: inputs, outputs, types: { result: type } };
  },
});

function extracted(list: readonly Value[], serial: number): Value {
  if (serial < 1) throw new RangeError(`Invalid serial index: must be >= 1, got ${serial}`);
  if (serial > list.length) {
    throw new RangeError(`Invalid serial index: must be <= ${list.length}, got ${serial}`);
  }
  return list[serial - 1] as Value;
}

function isEmptyList(value: Value): boolean {
  return Array.isArray(value) && value.length === 0;
}

function failed(message: string): NodeError {
  return new NodeError('ListOperatorError', message);
}
