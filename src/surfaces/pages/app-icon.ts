import type { App } from '../../apps/app.ts';
import { type Html, html } from './html.ts';

const COLOR = /^#[0-9a-f]{3,8}$/i;

/**
 * An app's icon as inline SVG, whose colour needs no inline style. Pictures from elsewhere are not loaded; such an
 * app shows its initial.
 */
export function appIcon({ icon, name }: Pick<App, 'icon' | 'name'>): Html {
  const sign = icon.type === 'emoji' && icon.value !== '' ? icon.value : initial(name);
  const background = COLOR.test(icon.background) ? icon.background : '#e0e7ff';
  return html`<svg class="icon" viewBox="0 0 44 44" width="44" height="44" aria-hidden="true">
<rect width="44" height="44" rx="11" fill="${background}"/>
<text x="22" y="23" text-anchor="middle" dominant-baseline="central" font-size="22" fill="#1f2937">${sign}</text>
</svg>`;
}

function initial(name: string): string {
  const [first] = new Intl.Segmenter().segment(name.trim());
  return first?.segment.toUpperCase() ?? '?';
}
