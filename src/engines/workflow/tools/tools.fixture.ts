import { createTools } from '../../../tools/create-tools.ts';
import { knownProvider } from '../../../tools/known-provider.ts';
import type { ModelUsage } from '../../../tools/model-usage.ts';
import type { Tool } from '../../../tools/tool.ts';
import { toolContext } from '../../../tools/tool-context.fixture.ts';
import type { ToolProvider } from '../../../tools/tool-provider.ts';
import { FILE_IDENTITY, type FileValue } from '../values/file-value.ts';
import type { WorkflowServices } from '../workflow-services.ts';

const string = { type: 'string' };

/** A tool of the provider `kit` with the parameters `q`, a text, `n`, a number, and `zone`, which its author sets. */
export function fakeTool(name: string, invoke: Tool['invoke'], more: Partial<Tool> = {}): Tool {
  return {
    provider: 'kit',
    name,
    label: { en_US: name },
    description: `Does ${name}`,
    parameters: { type: 'object', properties: { q: string, n: { type: 'number' }, zone: string } },
    authored: ['zone'],
    icon: 'icon.png',
    timeoutMs: null,
    executedBy: 'server',
    invoke,
    ...more,
  };
}

export const usage: ModelUsage = {
  promptTokens: 3,
  completionTokens: 4,
  promptPrice: '0.1',
  completionPrice: '0.2',
  totalPrice: '0.3',
};

/** Services with these tools; files that are saved are named after themselves. */
export function withTools(
  ...tools: readonly Tool[]
): Pick<WorkflowServices, 'tools' | 'toolContext' | 'files'> {
  return withProviders(knownProvider('builtin', 'kit', tools));
}

export function withProviders(
  ...providers: readonly ToolProvider[]
): Pick<WorkflowServices, 'tools' | 'toolContext' | 'files'> {
  return {
    tools: createTools([{ providers: () => providers, close: async () => {} }]),
    toolContext: ({ signal, onUsage = () => {} }) => toolContext({ signal, onUsage }),
    files: {
      read: () => Promise.reject(new Error('not read here')),
      async save({ bytes, filename, mimeType }) {
        return fileNamed(filename, mimeType, bytes.length);
      },
      contentOf: ({ filename, mime_type, url }) => ({
        kind: 'image',
        source: { url: url ?? '' },
        filename: filename ?? '',
        mimeType: mime_type ?? '',
      }),
    },
  };
}

export function fileNamed(filename: string, mimeType = 'image/png', size = 1): FileValue {
  return {
    ...{ dify_model_identity: FILE_IDENTITY, id: null, type: 'image', transfer_method: 'tool_file' },
    ...{ remote_url: null, related_id: `id of ${filename}`, filename, extension: '.png', size },
    ...{ mime_type: mimeType, url: `https://files.example/${filename}` },
  };
}
