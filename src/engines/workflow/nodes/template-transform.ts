import { z } from 'zod';
import { JinjaError } from '../jinja/jinja-error.ts';
import { renderTemplate } from '../jinja/render-template.ts';
import { NodeError } from '../node-error.ts';
import { defineNode } from '../node-kind.ts';
import type { Value } from '../values/value.ts';
import { namedSelectors } from './schemas.ts';

/** A Jinja2 template (`facts/dify-dsl-engine.md` §4.9). A variable that is not there is `None` in it. */
export const templateTransform = defineNode({
  types: ['template-transform'],
  role: 'plain',
  config: z.looseObject({ variables: namedSelectors, template: z.string().nullish() }),
  references: ({ variables }) => variables.map(({ selector }) => selector),
  run({ variables, template }, { pool }) {
    const inputs: Record<string, Value> = {};
    for (const { name, selector } of variables) inputs[name] = pool.get(selector)?.value ?? null;
    try {
      return { inputs, outputs: { output: renderTemplate(template ?? '', inputs) } };
    } catch (error) {
      if (!(error instanceof JinjaError)) throw error;
      throw new NodeError('CodeExecutionError', messageOf(error), { inputs, cause: error });
    }
  },
});

function messageOf({ type, message, line }: JinjaError): string {
  if (message.startsWith('Output length exceeds')) return message;
  return `${type}: ${message}${line > 0 ? ` (line ${line})` : ''}`;
}
