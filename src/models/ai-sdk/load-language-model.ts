import type { LanguageModelV3 } from '@ai-sdk/provider';
import type { ProviderConfig } from '../../config/config.ts';
import { stringRecord } from '../string-record.ts';
import { withDefaultPath } from '../with-default-path.ts';

/** Provider types that are spoken to through their AI SDK package. */
export type AiSdkType = Exclude<ProviderConfig['type'], 'openai' | 'openai-compatible'>;

/** Keys of `providerOptions` that each package reads. */
export const optionKeys: Readonly<Record<AiSdkType, readonly string[]>> = {
  anthropic: ['anthropic'],
  google: ['google'],
  azure: ['azure', 'openai'],
  bedrock: ['bedrock'],
};

/**
 * Loads a provider's package (at first use: each costs memory) and makes one of its models. Keys are always passed,
 * so that no package looks for one in the environment; Bedrock alone may use the machine's AWS credentials.
 */
export async function loadLanguageModel(
  provider: ProviderConfig & { readonly type: AiSdkType },
  model: string,
  fetch: typeof globalThis.fetch,
): Promise<LanguageModelV3> {
  const { options } = provider;
  const text = (name: string): string | undefined => {
    const value = options[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const common = {
    fetch,
    headers: stringRecord(options.headers),
    ...(provider.baseUrl === null ? {} : { baseURL: baseUrl(provider.type, provider.baseUrl) }),
  };
  switch (provider.type) {
    case 'anthropic': {
      const { createAnthropic } = await import('@ai-sdk/anthropic');
      return createAnthropic({ ...common, apiKey: provider.apiKey ?? '' })(model);
    }
    case 'google': {
      const { createGoogleGenerativeAI } = await import('@ai-sdk/google');
      return createGoogleGenerativeAI({ ...common, apiKey: provider.apiKey ?? '' })(model);
    }
    case 'azure': {
      const { createAzure } = await import('@ai-sdk/azure');
      const apiVersion = text('api_version');
      const azure = createAzure({
        ...common,
        apiKey: provider.apiKey ?? '',
        ...defined({ resourceName: text('resource_name'), apiVersion }),
        useDeploymentBasedUrls:
          typeof options.use_deployment_based_urls === 'boolean'
            ? options.use_deployment_based_urls
            : /^\d{4}-/.test(apiVersion ?? ''),
      });
      return azure.chat(model);
    }
    case 'bedrock': {
      const { createAmazonBedrock } = await import('@ai-sdk/amazon-bedrock');
      return createAmazonBedrock({
        ...common,
        ...defined({
          apiKey: provider.apiKey ?? undefined,
          region: text('region'),
          accessKeyId: text('access_key_id'),
          secretAccessKey: text('secret_access_key'),
          sessionToken: text('session_token'),
        }),
      })(model);
    }
  }
}

/** The packages want the version in the path, and Azure's the `/openai` below the resource's root. */
function baseUrl(type: AiSdkType, given: string): string {
  const paths = { anthropic: '/v1', google: '/v1beta', azure: null, bedrock: null };
  const azureRoot = type === 'azure' && /^https:\/\/[^/]+\.azure\.com\/?$/.test(given);
  const path = azureRoot ? '/openai' : paths[type];
  return (path === null ? given : withDefaultPath(given, path)).replace(/\/+$/, '');
}

function defined<T extends Record<string, string | undefined>>(values: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: string;
  };
}
