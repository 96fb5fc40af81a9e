import type { ApiExtension } from '../../config/config.ts';
import type { Moderation } from '../app.ts';
import type { DslNode } from './dsl-node.ts';

const MAX_KEYWORD_CHARACTERS = 10_000;
const MAX_KEYWORD_ROWS = 100;
const MAX_PRESET_CHARACTERS = 100;

/**
 * Reads `sensitive_word_avoidance` (`facts/dify-dsl-engine.md` §2.3); null when it is off. Moderation that is on but
 * cannot work is a problem and never skipped: an app must not run unguarded because of a typing error.
 *
 * Type `api` names an API extension by id, and Dify keeps address and key elsewhere, so they come from
 * `api_extensions` of `parley.yml`, or from `endpoint` and `api_key` beside the id.
 */
export function readModeration(
  node: DslNode,
  apiExtensions: Readonly<Record<string, ApiExtension>>,
): Moderation | null {
  node.mapping();
  if (!node.get('enabled').boolean()) return null;
  const config = node.get('config');
  config.mapping();
  const source = readSource(node, config, apiExtensions);
  const needsPreset = node.get('type').value !== 'api';
  const input = readDirection(config.get('inputs_config'), needsPreset);
  const output = readDirection(config.get('outputs_config'), needsPreset);
  if (input === null && output === null) {
    config.problem(
      'sensitive_word_avoidance: at least one of inputs_config and outputs_config must be enabled',
    );
  }
  return source === null ? null : { source, input, output };
}

function readSource(
  node: DslNode,
  config: DslNode,
  apiExtensions: Readonly<Record<string, ApiExtension>>,
): Moderation['source'] | null {
  const type = node.get('type');
  switch (type.text()) {
    case 'keywords':
      return { kind: 'keywords', keywords: readKeywords(config.get('keywords')) };
    case 'openai_moderation':
      return { kind: 'openai_moderation' };
    case 'api':
      return readApi(config, apiExtensions);
    default:
      type.problem('sensitive_word_avoidance.type: expected one of keywords, openai_moderation, api');
      return null;
  }
}

function readKeywords(node: DslNode): readonly string[] {
  const text = node.word();
  const rows = text.split('\n');
  const keywords = rows.map((row) => row.trim()).filter((row) => row !== '');
  if (keywords.length === 0) node.problem('sensitive_word_avoidance: keywords are required');
  if ([...text].length > MAX_KEYWORD_CHARACTERS) {
    node.problem(`sensitive_word_avoidance: keywords have more than ${MAX_KEYWORD_CHARACTERS} characters`);
  }
  if (rows.length > MAX_KEYWORD_ROWS) {
    node.problem(`sensitive_word_avoidance: keywords have more than ${MAX_KEYWORD_ROWS} rows`);
  }
  return keywords;
}

function readApi(
  config: DslNode,
  apiExtensions: Readonly<Record<string, ApiExtension>>,
): Moderation['source'] | null {
  const id = config.get('api_based_extension_id').word();
  const extension = Object.hasOwn(apiExtensions, id) ? apiExtensions[id] : undefined;
  const endpoint = extension?.endpoint ?? config.get('endpoint').text();
  const apiKey = extension?.apiKey ?? config.get('api_key').text();
  if (/^https?:\/\//.test(endpoint) && URL.canParse(endpoint)) return { kind: 'api', endpoint, apiKey };
  config.problem(
    `sensitive_word_avoidance: the address of API extension "${id}" is not known; ` +
      'set endpoint and api_key for it under api_extensions in parley.yml',
  );
  return null;
}

function readDirection(node: DslNode, needsPreset: boolean): Moderation['input'] {
  node.mapping();
  if (!node.get('enabled').boolean()) return null;
  const preset = node.get('preset_response');
  const presetResponse = preset.text();
  if (needsPreset && presetResponse === '')
    preset.problem('sensitive_word_avoidance: preset_response is required');
  if ([...presetResponse].length > MAX_PRESET_CHARACTERS) {
    preset.problem(
      `sensitive_word_avoidance: preset_response has more than ${MAX_PRESET_CHARACTERS} characters`,
    );
  }
  return { presetResponse };
}
