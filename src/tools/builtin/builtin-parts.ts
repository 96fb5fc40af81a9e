import type { ToolConfig } from '../../config/config.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { PageReader } from './page/page-reader.ts';

/** What the built-in tools work with. */
export interface BuiltinParts {
  readonly outbound: Outbound;
  readonly sandbox: Sandbox;
  readonly pages: PageReader;
}

/** What the owner has written about one built-in provider; all null where there is nothing. */
export type BuiltinSettings = Pick<
  Extract<ToolConfig, { kind: 'builtin' }>,
  'name' | 'apiKey' | 'baseUrl' | 'timeoutMs'
>;
