/** HTML that is safe to send. Only `html` makes it, so that no text gets in unescaped. */
export class Html {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }

  /** @internal Use `html`. */
  static join(strings: TemplateStringsArray, values: readonly HtmlValue[]): Html {
    let text = strings[0] ?? '';
    for (const [index, value] of values.entries()) text += toText(value) + (strings[index + 1] ?? '');
    return new Html(text);
  }
}

/** What may stand in a template: nothing, text (escaped), more HTML, or a list of these. */
export type HtmlValue = Html | string | number | null | undefined | false | readonly HtmlValue[];

/**
 * A piece of HTML. Values are escaped; attributes must stand in double quotes.
 *
 * @example String(html`<p>${'<script>'}</p>`) // '<p>&lt;script&gt;</p>'
 */
export function html(strings: TemplateStringsArray, ...values: HtmlValue[]): Html {
  return Html.join(strings, values);
}

function toText(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) return value.toString();
  if (typeof value === 'object') return value.map(toText).join('');
  return String(value).replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
