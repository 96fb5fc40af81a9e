/**
 * Brings the body of a `/chat/completions` call into the form that OpenAI's reasoning models (o-series, gpt-5 and
 * later) accept: they know `max_completion_tokens` only, and refuse sampling parameters with HTTP 400, most of them
 * stop sequences too. An app that was written for gpt-4o thus goes on working when its owner changes the model. From
 * gpt-5.1 on `reasoning_effort: none` turns reasoning off, and sampling is accepted again. The rules are those of
 * `@ai-sdk/openai` and OpenAI's API reference.
 */
export function fitReasoningModel(model: string, body: Record<string, unknown>): void {
  const name = model.toLowerCase().split('/').at(-1)?.replace(/^ft:/, '') ?? '';
  if (!/^(o\d+|gpt-[5-9](\.\d+)?)(-|:|$)/.test(name)) return;
  if ('max_tokens' in body) {
    body.max_completion_tokens ??= body.max_tokens;
    delete body.max_tokens;
  }
  if (name.startsWith('gpt-5-chat')) return;
  for (const param of ['presence_penalty', 'frequency_penalty', 'logit_bias']) delete body[param];
  if (!/^(o1|o3-mini)/.test(name)) delete body.stop;
  if (/^gpt-5\.\d/.test(name) && body.reasoning_effort === 'none') return;
  for (const param of ['temperature', 'top_p', 'logprobs', 'top_logprobs']) delete body[param];
}
