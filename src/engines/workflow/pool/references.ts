import { textOf } from '../values/render.ts';
import type { Variable } from '../values/variable.ts';
import type { Selector } from './selector.ts';
import type { ReadPool } from './variable-pool.ts';

/** `{{#node.variable#}}` (`facts/dify-dsl-engine.md` §3.2); ids with a `-`, and spaces, make it plain text. */
const REFERENCE = /\{\{#([a-zA-Z0-9_]{1,50}(?:\.[a-zA-Z_][a-zA-Z0-9_]{0,29}){1,10})#\}\}/;
const REFERENCES = new RegExp(REFERENCE, 'g');

/** The longest text that a selector can be written as. */
const LONGEST_SELECTOR = 400;

/** Every variable that a text refers to, in order. */
export function referencesIn(template: string): Selector[] {
  return Array.from(template.matchAll(REFERENCES), ([, path]) => (path as string).split('.'));
}

/**
 * A text with its references filled in, in one pass. One that leads nowhere leaves its path behind (`123.text`), and text
 * between two references that happens to be the path of a variable is filled in as well: so Dify has it.
 */
export function expandTemplate(
  template: string,
  pool: ReadPool,
  render: (variable: Variable) => string = textOf,
): string {
  // Without references there is one literal part, which may itself be a path.
  let filled = '';
  for (const part of template.split(REFERENCE)) filled += expandPart(part, pool, render);
  return filled;
}

/** The variables that `expandTemplate` would fill in, in order. */
export function variablesIn(template: string, pool: ReadPool): Variable[] {
  return template.split(REFERENCE).flatMap((part) => lookUp(part, pool) ?? []);
}

function expandPart(part: string, pool: ReadPool, render: (variable: Variable) => string): string {
  const variable = lookUp(part, pool);
  return variable === undefined ? part : render(variable);
}

function lookUp(part: string, pool: ReadPool): Variable | undefined {
  return part.length > LONGEST_SELECTOR || !part.includes('.') ? undefined : pool.get(part.split('.'));
}

/** A piece of an answer: text, or the variable that stands there. */
export type Segment =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly selector: Selector };

/** A template cut at its references. */
export function segmentsOf(template: string): Segment[] {
  return template.split(REFERENCE).flatMap((part, at): Segment[] => {
    if (at % 2 === 1) return [{ kind: 'variable', selector: part.split('.') }];
    return part === '' ? [] : [{ kind: 'text', text: part }];
  });
}
