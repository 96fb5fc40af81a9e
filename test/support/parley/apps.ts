import { stringify } from 'yaml';

/** A DSL document of a chat app on the mock provider; `config` goes over `model_config`. */
export function chatApp(config: Record<string, unknown> = {}): string {
  return app('chat', { pre_prompt: '', ...config });
}

/** A tool as the `agent_mode` of a DSL names it. */
export interface TestTool {
  readonly type?: string;
  readonly provider: string;
  readonly tool: string;
  readonly values?: Readonly<Record<string, unknown>>;
}

/** The same for an agent app with these tools; `agent` goes over `agent_mode`. */
export function agentApp(
  tools: readonly TestTool[],
  { agent, ...config }: { readonly agent?: Record<string, unknown> } & Record<string, unknown> = {},
): string {
  return app('agent-chat', {
    pre_prompt: '',
    agent_mode: {
      enabled: true,
      strategy: 'function_call',
      max_iteration: 5,
      prompt: null,
      tools: tools.map(({ type = 'builtin', provider, tool, values = {} }) => ({
        enabled: true,
        provider_type: type,
        provider_id: provider,
        provider_name: provider,
        tool_name: tool,
        tool_label: tool,
        tool_parameters: values,
      })),
      ...agent,
    },
    ...config,
  });
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
