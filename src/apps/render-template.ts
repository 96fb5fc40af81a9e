/** Names that a simple or advanced prompt can refer to (`facts/dify-dsl-engine.md` §8.1). */
const VARIABLE = /\{\{([a-zA-Z_][a-zA-Z0-9_]{0,29}|#context#|#query#|#histories#)\}\}/g;
/** Control tokens of chat templates, which no input may smuggle in. */
const CONTROL_TOKEN = /<\|.*?\|>/g;

/**
 * Fills `{{name}}` from `values`; what it does not hold stays as it stands. Values cannot bring variables of their
 * own: their `{{x}}` becomes `{x}`, and every `<|…|>` is deleted (`facts/dify-dsl-engine.md` §8.1).
 */
export function renderTemplate(template: string, values: Readonly<Record<string, unknown>>): string {
  return template
    .replace(VARIABLE, (whole, name: string) =>
      Object.hasOwn(values, name) ? withoutVariables(text(values[name])) : whole,
    )
    .replace(CONTROL_TOKEN, '');
}

function withoutVariables(value: string): string {
  return value.replace(VARIABLE, '{$1}');
}

/** As Python's `str()` prints what a form can hold. */
function text(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value === true) return 'True';
  if (value === false) return 'False';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
