import { stringify } from 'yaml';

/** A DSL document of a chat app on the mock provider; `config` goes over `model_config`. */
export function chatApp(config: Record<string, unknown> = {}): string {
  return app('chat', { pre_prompt: '', ...config });
}

/** The same for a completion app that asks for `text`. */
export function completionApp(config: Record<string, unknown> = {}): string {
  return app('completion', {
    pre_prompt: 'Translate: {{text}}',
    user_input_form: [
      { paragraph: { label: 'Text', variable: 'text', required: true, max_length: 2000, default: '' } },
    ],
    ...config,
  });
}

function app(mode: string, config: Record<string, unknown>): string {
  return stringify({
    version: '0.3.0',
    kind: 'app',
    app: {
      name: `Test ${mode}`,
      mode,
      icon: '🤖',
      icon_type: 'emoji',
      icon_background: '#FFEAD5',
      description: 'For tests',
    },
    model_config: {
      model: { provider: 'openai', name: 'mock-model', mode: 'chat', completion_params: {} },
      prompt_type: 'simple',
      user_input_form: [],
      ...config,
    },
  });
}
