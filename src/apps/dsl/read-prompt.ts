import type { AppConfig } from '../app.ts';
import type { DslNode } from './dsl-node.ts';

const MAX_MESSAGES = 10;

/**
 * Reads the prompt of a `model_config` (`facts/dify-dsl-engine.md` §2.3, §8). Advanced prompts exist for chat and for
 * completion models, and the model's mode says which of the two is used.
 */
export function readPrompt(config: DslNode, modelMode: 'chat' | 'completion'): AppConfig['prompt'] {
  if (config.get('prompt_type').oneOf(['simple', 'advanced'], 'simple') === 'simple') {
    return { kind: 'simple', prePrompt: config.get('pre_prompt').text() };
  }
  return modelMode === 'chat'
    ? readChatPrompt(config.get('chat_prompt_config'))
    : readCompletionPrompt(config.get('completion_prompt_config'));
}

function readChatPrompt(node: DslNode): AppConfig['prompt'] {
  const prompt = node.get('prompt');
  const items = prompt.items();
  if (items.length === 0) node.problem('chat_prompt_config.prompt is required when prompt_type is advanced');
  if (items.length > MAX_MESSAGES)
    prompt.problem(`chat_prompt_config.prompt has more than ${MAX_MESSAGES} messages`);
  return {
    kind: 'advanced-chat',
    messages: items.map((item) => {
      item.mapping();
      const role = item.get('role');
      if (role.isAbsent) item.problem('chat_prompt_config.prompt: every message needs a role');
      return { role: role.oneOf(['system', 'user', 'assistant'], 'user'), text: item.get('text').text() };
    }),
  };
}

function readCompletionPrompt(node: DslNode): AppConfig['prompt'] {
  const text = node.get('prompt').get('text');
  if (text.isAbsent)
    node.problem('completion_prompt_config.prompt.text is required when prompt_type is advanced');
  const roles = node.get('conversation_histories_role');
  roles.mapping();
  return {
    kind: 'advanced-completion',
    text: text.text(),
    userPrefix: roles.get('user_prefix').text() || 'Human',
    assistantPrefix: roles.get('assistant_prefix').text() || 'Assistant',
  };
}
