import { expect, test } from 'vitest';
import { canonicalProviderName } from './provider-names.ts';

test.each([
  ['openai', 'openai'],
  ['langgenius/openai/openai', 'openai'],
  ['langgenius/tongyi/tongyi', 'tongyi'],
  ['dashscope', 'tongyi'],
  ['langgenius/gemini/google', 'google'],
  ['gemini', 'google'],
  ['langgenius/openai_api_compatible/openai_api_compatible', 'openai_api_compatible'],
  ['OpenAI-API-compatible', 'openai_api_compatible'],
  ['azure_openai', 'azure_openai'],
  ['azure', 'azure_openai'],
  ['langgenius/bedrock/bedrock', 'bedrock'],
  ['langgenius/volcengine_maas/volcengine_maas', 'volcengine'],
  ['langgenius/zhipuai/zhipuai', 'zhipuai'],
  ['langgenius/mistralai/mistralai', 'mistralai'],
  ['mistral', 'mistralai'],
  ['togetherai', 'together'],
  ['langgenius/x/x', 'x'],
  ['xAI', 'x'],
  ['qianfan', 'wenxin'],
  ['my-vllm', 'my_vllm'],
])('%s is %s', (name, canonical) => {
  expect(canonicalProviderName(name)).toBe(canonical);
});
