import { z } from 'zod';
import { referencesIn } from '../pool/references.ts';
import type { Selector } from '../pool/selector.ts';

const templateFields = {
  text: z
    .string()
    .nullish()
    .transform((text) => text ?? ''),
  edition_type: z.string().nullish(),
  jinja2_text: z.string().nullish(),
};

const message = z.looseObject({ role: z.enum(['system', 'user', 'assistant']), ...templateFields });
const continued = z.looseObject(templateFields);

/** `prompt_template` of an LLM node: a list of messages, or the one text that a model of mode `completion` continues. */
export const promptTemplateSchema = z
  .union([z.array(message), continued])
  .nullish()
  .transform((template): PromptTemplate => {
    if (template === null || template === undefined) return { kind: 'messages', messages: [] };
    if (!Array.isArray(template)) return { kind: 'continued', text: textTemplate(template) };
    const messages = template.map((one) => ({ role: one.role, text: textTemplate(one) }));
    return { kind: 'messages', messages };
  });

export type PromptTemplate =
  | { readonly kind: 'messages'; readonly messages: readonly MessageTemplate[] }
  | { readonly kind: 'continued'; readonly text: TextTemplate };

export interface MessageTemplate {
  readonly role: 'system' | 'user' | 'assistant';
  readonly text: TextTemplate;
}

/** `basic`: with references; `jinja2`: of a template language, over variables that the node names. */
export interface TextTemplate {
  readonly kind: 'basic' | 'jinja2';
  readonly source: string;
}

/** Every text of a prompt, in order. */
export function textsOf(template: PromptTemplate): readonly TextTemplate[] {
  return template.kind === 'messages' ? template.messages.map(({ text }) => text) : [template.text];
}

/** Variables that a prompt refers to itself. */
export function referencesOfPrompt(template: PromptTemplate): Selector[] {
  return textsOf(template).flatMap(({ kind, source }) => (kind === 'basic' ? referencesIn(source) : []));
}

function textTemplate({ text, edition_type, jinja2_text }: z.infer<typeof continued>): TextTemplate {
  return edition_type === 'jinja2'
    ? { kind: 'jinja2', source: jinja2_text ?? '' }
    : { kind: 'basic', source: text };
}
