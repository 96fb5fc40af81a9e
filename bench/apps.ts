/** The three apps of the benchmark: Parley gets them as DSL files and keys, the bare relay as a map from key to model. */
export interface BenchApp {
  readonly id: string;
  readonly key: string;
  /** `mock-<tokens>x<milliseconds between tokens>`, see mock-model.ts. */
  readonly model: string;
  readonly tokens: number;
}

function app(id: string, tokens: number, delayMs: number): BenchApp {
  return { id, key: `app-${id}-0123456789abcdefghij`, model: `mock-${tokens}x${delayMs}`, tokens };
}

/** A short answer at full speed: what one chat costs. */
export const FAST = app('bench-50', 50, 0);
/** One token a second for half a minute: what one open stream costs. */
export const SLOW = app('bench-slow', 30, 1000);
/** Four seconds of tokens: something to stop. */
export const LONG = app('bench-stop', 200, 20);

export const APPS: readonly BenchApp[] = [FAST, SLOW, LONG];

/** Opens all apps over the Coze Open API. */
export const TOKEN = 'pat_0123456789abcdefghijABCDEFGHIJ';

/** Text of token `index` of every mock answer. */
export function tokenText(index: number): string {
  return ` t${index}`;
}

/** The whole answer of `count` tokens, to compare with what came through. */
export function answerText(count: number): string {
  return Array.from({ length: count }, (_, index) => tokenText(index)).join('');
}

/** A Dify DSL file of mode `chat` for one app. */
export function appFile(bench: BenchApp): string {
  return `app:
  description: benchmark
  icon: "\\U0001F3C1"
  icon_background: '#FFEAD5'
  mode: chat
  name: ${bench.id}
kind: app
version: 0.3.0
model_config:
  model:
    provider: openai
    name: ${bench.model}
    mode: chat
    completion_params:
      temperature: 0.7
  prompt_type: simple
  pre_prompt: You answer in numbered words.
  user_input_form: []
  opening_statement: ''
  suggested_questions: []
  suggested_questions_after_answer:
    enabled: false
  speech_to_text:
    enabled: false
  text_to_speech:
    enabled: false
  retriever_resource:
    enabled: true
  more_like_this:
    enabled: false
  sensitive_word_avoidance:
    enabled: false
`;
}

/** `parley.yml` for a benchmark run against the mock model. */
export function configFile(modelUrl: string): string {
  const keys = APPS.map((bench) => `  - { key: ${bench.key}, app: ${bench.id} }\n`).join('');
  return `providers:
  openai: { api_key: x, base_url: '${modelUrl}/v1' }
keys:
${keys}  - { key: ${TOKEN} }
`;
}
