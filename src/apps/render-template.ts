/** Names that a simple or advanced prompt can refer to (`facts/dify-dsl-engine.md` §8.1). */
const VARIABLE = /\{\{([a-zA-Z_][a-zA-Z0-9_]{0,29}|#context#|#query#|#histories#)\}\}/g;

/**
 * Fills `{{name}}` from `values`; what it does not hold stays as it stands. Values cannot bring variables of their
 * own: their `{{x}}` becomes `{x}`, and every `<|…|>` is deleted (`facts/dify-dsl-engine.md` §8.1).
 */
export function renderTemplate(template: string, values: Readonly<Record<string, unknown>>): string {
  const filled = template.replace(VARIABLE, (whole, name: string) =>
    Object.hasOwn(values, name) ? withoutVariables(text(values[name])) : whole,
  );
  return filled.includes('<|') ? filled.split('\n').map(withoutControlTokens).join('\n') : filled;
}

/**
 * Deletes `<|…|>`, the control tokens of chat templates, from a line. In one pass: a regular expression would look
 * for the end of each `<|` anew, and a line of nothing else would take minutes.
 */
function withoutControlTokens(line: string): string {
  let kept = '';
  let from = 0;
  for (let start = line.indexOf('<|'); start !== -1; start = line.indexOf('<|', from)) {
    const end = line.indexOf('|>', start + 2);
    if (end === -1) break;
    kept += line.slice(from, start);
    from = end + 2;
  }
  return kept + line.slice(from);
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
