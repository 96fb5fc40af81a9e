import type { ScalarTag, Tags } from 'yaml';

/**
 * The scalar types of PyYAML's `safe_load`, with which Dify reads and writes DSL files. YAML 1.2 differs where PyYAML
 * writes a string without quotes that 1.2 takes for a number (`08`, `0o17`, `1e5`), and where people write booleans
 * as words (`yes`, `on`).
 */
export function pyyamlTags(tags: Tags): Tags {
  return tags.flatMap((tag): Tags => {
    if (typeof tag !== 'object' || !('resolve' in tag)) return [tag];
    const { tag: name, format } = tag as ScalarTag;
    if (name === 'tag:yaml.org,2002:bool') return [wordBoolean];
    if (name === 'tag:yaml.org,2002:int' && format === 'OCT') return [];
    if (name === 'tag:yaml.org,2002:int' && format === undefined)
      return [{ ...(tag as ScalarTag), test: INTEGER }];
    if (name === 'tag:yaml.org,2002:float' && format === 'EXP')
      return [{ ...(tag as ScalarTag), test: EXPONENT }];
    return [tag];
  });
}

const INTEGER = /^[-+]?(?:0|[1-9][0-9]*)$/;
const EXPONENT = /^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)[eE][-+][0-9]+$/;
const TRUE = /^(?:true|True|TRUE|yes|Yes|YES|on|On|ON)$/;
const FALSE = /^(?:false|False|FALSE|no|No|NO|off|Off|OFF)$/;

const wordBoolean: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  identify: (value) => typeof value === 'boolean',
  default: true,
  test: new RegExp(`${TRUE.source}|${FALSE.source}`),
  resolve: (text) => TRUE.test(text),
};
