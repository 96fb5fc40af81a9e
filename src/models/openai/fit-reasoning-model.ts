/**
 * Brings the body of a `/chat/completions` call into the form that OpenAI's reasoning models (o-series, gpt-5 and
 * later) accept: they know `max_completion_tokens` only, and refuse sampling parameters with HTTP 400. An app that was
 * written for gpt-4o thus goes on working when its owner changes the model. `reasoning_effort: none`, which exists
 * from gpt-5.1 on, turns reasoning off, and sampling is accepted again.
 */
export function fitReasoningModel(model: string, body: Record<string, unknown>): void {
  const name = model.toLowerCase().split('/').at(-1)?.replace(/^ft:/, '') ?? '';
  const oSeries = /^o(\d+)(?=-|:|$)/.exec(name);
  const gpt = /^gpt-(\d+)(?:\.(\d+))?(?=-|:|$)/.exec(name);
  if (!oSeries && Number(gpt?.[1] ?? 0) < 5) return;
  if ('max_tokens' in body) {
    body.max_completion_tokens ??= body.max_tokens;
    delete body.max_tokens;
  }
  if (/^gpt-5-chat/.test(name)) return;
  const sampled = gpt?.[2] !== undefined && body.reasoning_effort === 'none';
  for (const param of sampled ? neverAccepted : [...neverAccepted, ...withoutReasoning]) delete body[param];
  if (!/^(o1|o3-mini)/.test(name)) delete body.stop;
}

const neverAccepted = ['presence_penalty', 'frequency_penalty', 'logit_bias'];
const withoutReasoning = ['temperature', 'top_p', 'logprobs', 'top_logprobs'];
