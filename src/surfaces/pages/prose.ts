import { type Html, html } from './html.ts';

/** Plain text in which `backquotes` mark code. */
export function prose(text: string): Html {
  return html`${text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}
