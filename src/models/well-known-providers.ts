/** A provider that speaks the OpenAI protocol and that apps name by one well-known word. */
export interface WellKnownProvider {
  /** Null: it runs on the owner's machines, and its address must be configured. */
  readonly baseUrl: string | null;
}

const hosted = (baseUrl: string): WellKnownProvider => ({ baseUrl });
const selfHosted: WellKnownProvider = { baseUrl: null };

/** By canonical name (`provider-names.ts`). Base URLs from each provider's documentation of its OpenAI protocol. */
export const wellKnownProviders: Readonly<Record<string, WellKnownProvider>> = {
  openai: hosted('https://api.openai.com/v1'),
  deepseek: hosted('https://api.deepseek.com/v1'),
  moonshot: hosted('https://api.moonshot.cn/v1'),
  zhipuai: hosted('https://open.bigmodel.cn/api/paas/v4'),
  tongyi: hosted('https://dashscope.aliyuncs.com/compatible-mode/v1'),
  siliconflow: hosted('https://api.siliconflow.cn/v1'),
  openrouter: hosted('https://openrouter.ai/api/v1'),
  groq: hosted('https://api.groq.com/openai/v1'),
  volcengine: hosted('https://ark.cn-beijing.volces.com/api/v3'),
  mistralai: hosted('https://api.mistral.ai/v1'),
  together: hosted('https://api.together.xyz/v1'),
  fireworks: hosted('https://api.fireworks.ai/inference/v1'),
  perplexity: hosted('https://api.perplexity.ai'),
  x: hosted('https://api.x.ai/v1'),
  minimax: hosted('https://api.minimax.io/v1'),
  stepfun: hosted('https://api.stepfun.com/v1'),
  baichuan: hosted('https://api.baichuan-ai.com/v1'),
  yi: hosted('https://api.lingyiwanwu.com/v1'),
  nvidia: hosted('https://integrate.api.nvidia.com/v1'),
  cerebras: hosted('https://api.cerebras.ai/v1'),
  hunyuan: hosted('https://api.hunyuan.cloud.tencent.com/v1'),
  wenxin: hosted('https://qianfan.baidubce.com/v2'),
  spark: hosted('https://spark-api-open.xf-yun.com/v1'),
  novita: hosted('https://api.novita.ai/v3/openai'),
  deepinfra: hosted('https://api.deepinfra.com/v1/openai'),
  sambanova: hosted('https://api.sambanova.ai/v1'),
  cohere: hosted('https://api.cohere.ai/compatibility/v1'),
  huggingface_hub: hosted('https://router.huggingface.co/v1'),
  modelscope: hosted('https://api-inference.modelscope.cn/v1'),
  aihubmix: hosted('https://aihubmix.com/v1'),
  ollama: hosted('http://127.0.0.1:11434/v1'),
  lmstudio: hosted('http://127.0.0.1:1234/v1'),
  xinference: selfHosted,
  vllm: selfHosted,
  localai: selfHosted,
  openai_api_compatible: selfHosted,
};
