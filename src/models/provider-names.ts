/** Other words for one provider: names of Dify plugins, of earlier Dify releases, and what owners write. */
const aliases: Readonly<Record<string, string>> = {
  gemini: 'google',
  google_ai: 'google',
  azure: 'azure_openai',
  aws_bedrock: 'bedrock',
  amazon_bedrock: 'bedrock',
  claude: 'anthropic',
  openai_compatible: 'openai_api_compatible',
  dashscope: 'tongyi',
  qwen: 'tongyi',
  volcengine_maas: 'volcengine',
  ark: 'volcengine',
  doubao: 'volcengine',
  zhipu: 'zhipuai',
  bigmodel: 'zhipuai',
  glm: 'zhipuai',
  kimi: 'moonshot',
  moonshotai: 'moonshot',
  moonshot_ai: 'moonshot',
  xai: 'x',
  grok: 'x',
  mistral: 'mistralai',
  mistral_ai: 'mistralai',
  togetherai: 'together',
  together_ai: 'together',
  fireworks_ai: 'fireworks',
  fireworksai: 'fireworks',
  silicon: 'siliconflow',
  silicon_flow: 'siliconflow',
  open_router: 'openrouter',
  qianfan: 'wenxin',
  ernie: 'wenxin',
  '01ai': 'yi',
  lingyiwanwu: 'yi',
  nvidia_nim: 'nvidia',
  lm_studio: 'lmstudio',
  local_ai: 'localai',
  tencent: 'hunyuan',
  step: 'stepfun',
};

/**
 * One name per provider, however a DSL or an owner writes it: the last segment of `organization/plugin/provider`
 * (Dify ≥ 1.0; `langgenius/gemini/google` is `google`), lower case, `-` and blanks as `_`, aliases resolved.
 */
export function canonicalProviderName(name: string): string {
  const last = name.trim().split('/').at(-1) ?? '';
  const word = last.toLowerCase().replace(/[-\s.]+/g, '_');
  return aliases[word] ?? word;
}
