import { ToolError } from '../tool-error.ts';
import type { ParameterBinding } from './operation.ts';
import { pathText, plainText } from './serialize.ts';

type Arguments = Readonly<Record<string, unknown>>;

/**
 * The path of a request: the template with the arguments in it, none of which can leave its segment.
 *
 * @throws ToolError `arguments` for one that is empty, or that means a folder above to a server that decodes it
 */
export function buildPath(
  template: string,
  parameters: readonly ParameterBinding[],
  args: Arguments,
): string {
  const path = template.replace(/\{([^{}/]+)\}/g, (_, name: string) => {
    const binding = parameters.find((parameter) => parameter.place === 'path' && parameter.name === name);
    // Read from the same template.
    if (binding === undefined) return '';
    const { argument } = binding;
    const value = args[argument];
    if (/^(?:\[\]|\{\})?$/.test(plainText(value)))
      throw new ToolError('arguments', `${argument}: it stands in the address and must not be empty`);
    if (leaves(value))
      throw new ToolError('arguments', `${argument}: it must not hold "." or ".." as a step`);
    return pathText(binding, value);
  });
  // Together, two values can make what neither is.
  if (path.split('/').some(isDots)) {
    throw new ToolError('arguments', 'the arguments make a path that leads out of its folder');
  }
  return path;
}

function leaves(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.entries(value).flat().some(leaves);
  return plainText(value)
    .split(/[\\/]/)
    .some((step) => /^\.\.?(?:;|$)/.test(step.trim()));
}

/** URL parsers take %2e for a dot. */
function isDots(segment: string): boolean {
  return /^(?:\.|%2e){1,2}$/i.test(segment);
}
