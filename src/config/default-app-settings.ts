import type { AppSettings } from './config.ts';

/** What holds for an app that `app_settings` does not name. */
export const DEFAULT_APP_SETTINGS: AppSettings = Object.freeze({
  onDisconnect: Object.freeze({ kind: 'continue' }),
  maxConcurrency: null,
  missingTools: 'refuse',
  outboundAllow: Object.freeze([]),
  env: Object.freeze({}),
});
