import { renderTemplate } from '../../apps/render-template.ts';
import type { ChatMessage, ChatModel, ChatRequest, ContentPart } from '../../models/chat-model.ts';
import { countMessages } from '../../models/count-tokens.ts';
import type { EngineTask } from '../../runs/engine.ts';
import type { EngineParts } from '../engine-parts.ts';
import { fileParts } from './file-parts.ts';
import { Memory } from './memory.ts';
import { tokensForAnswer } from './tokens-for-answer.ts';
import { transcript } from './transcript.ts';
import { withinWindow } from './within-window.ts';

/** What an engine adds to an app's prompt. */
export interface PromptOptions {
  /** Tokens that the request will have beside these messages. */
  readonly reserved?: number;
  /** Of a turn that asks several times: what it remembers. */
  readonly memory?: Memory;
  /** Puts the app's instruction into a prompt of the engine's. */
  readonly frame?: (instruction: string) => string;
  /** Lays out all of the text that a model of mode `completion` continues, of a simple prompt. */
  readonly continued?: (values: {
    readonly instruction: string;
    readonly historic_messages: string;
    readonly query: string;
  }) => string;
}

type Layout = Required<Pick<PromptOptions, 'frame'>> & Pick<PromptOptions, 'continued'>;

/**
 * The request to the model for one turn: prompt, memory within the model's context, query and files, by the rules
 * of `facts/dify-dsl-engine.md` §8.1 (simple) and §8.2 (advanced).
 */
export async function buildPrompt(
  parts: EngineParts,
  task: EngineTask,
  model: ChatModel,
  {
    reserved = 0,
    frame = (instruction) => instruction,
    continued,
    memory = new Memory(parts, task),
  }: PromptOptions = {},
): Promise<ChatRequest> {
  const { config } = task.app;
  const maxTokens = Number(config.model.completionParams.max_tokens) || null;
  const files = fileParts(parts.files, config.fileUpload.imageDetail, task.files);
  const layout: Layout = { frame, ...(continued ? { continued } : {}) };
  const withMemory = (memory: readonly ChatMessage[]) => layOut(task, files, memory, layout);
  const fixed = countMessages(withMemory([])) + reserved;
  const room = model.contextWindow - tokensForAnswer(model, maxTokens) - fixed;
  const messages = withMemory(room > 0 ? await memory.within(room) : []);
  const stop = stopWords(task);
  return {
    messages,
    params: withinWindow(config.model.completionParams, model, fixed),
    ...(stop.length > 0 ? { stop } : {}),
  };
}

function layOut(
  task: EngineTask,
  files: readonly ContentPart[],
  memory: readonly ChatMessage[],
  { frame, continued }: Layout,
): ChatMessage[] {
  const { prompt, model } = task.app.config;
  switch (prompt.kind) {
    case 'simple': {
      const instruction = renderTemplate(prompt.prePrompt, task.inputs);
      if (model.mode !== 'completion') return simpleMessages(frame(instruction), task.query, files, memory);
      if (!continued) return [user(simpleText(frame(instruction), task, memory), files)];
      const historic_messages = transcript(memory, 'Question', 'Answer');
      return [user(continued({ instruction, historic_messages, query: task.query }), files)];
    }
    case 'advanced-chat':
      return [...framed(frame), ...advancedMessages(prompt.messages, task, files, memory)];
    case 'advanced-completion': {
      const histories = transcript(memory, prompt.userPrefix, prompt.assistantPrefix);
      const values = { ...task.inputs, '#context#': '', '#query#': task.query, '#histories#': histories };
      return [user(frame(renderTemplate(prompt.text, values)), files)];
    }
  }
}

/** Of an advanced prompt, which has its own messages, the frame is one before them. */
function framed(frame: (instruction: string) => string): ChatMessage[] {
  const content = frame('');
  return content === '' ? [] : [{ role: 'system', content }];
}

function simpleMessages(
  prompt: string,
  query: string,
  files: readonly ContentPart[],
  memory: readonly ChatMessage[],
): ChatMessage[] {
  if (query === '') return [...memory, user(prompt, files)];
  const system: ChatMessage[] = prompt === '' ? [] : [{ role: 'system', content: prompt }];
  return [...system, ...memory, user(query, files)];
}

/** A simple prompt for a model of mode `completion`: everything in one text. */
function simpleText(prompt: string, task: EngineTask, memory: readonly ChatMessage[]): string {
  if (task.app.mode === 'completion') return [prompt, task.query].filter((part) => part !== '').join('\n');
  const histories =
    memory.length > 0
      ? `The conversation so far, inside <histories></histories> tags:\n\n<histories>\n${transcript(memory, 'Human', 'Assistant')}\n</histories>\n`
      : '';
  return `${prompt === '' ? '' : `${prompt}\n`}${histories}\n\nHuman: ${task.query}\n\nAssistant: `;
}

function advancedMessages(
  templates: readonly { readonly role: 'system' | 'user' | 'assistant'; readonly text: string }[],
  task: EngineTask,
  files: readonly ContentPart[],
  memory: readonly ChatMessage[],
): ChatMessage[] {
  const values = { ...task.inputs, '#context#': '' };
  const messages: ChatMessage[] = templates
    .map(({ role, text }) => ({ role, content: renderTemplate(text, values) }))
    .filter(({ role, content }) => role !== 'system' || content !== '');
  if (task.query !== '') return [...messages, ...memory, user(task.query, files)];
  const last = messages.at(-1);
  if (files.length > 0 && last?.role === 'user' && typeof last.content === 'string') {
    return [...messages.slice(0, -1), user(last.content, files)];
  }
  if (files.length > 0) return [...messages, user('', files)];
  return messages;
}

function user(text: string, files: readonly ContentPart[]): ChatMessage {
  if (files.length === 0) return { role: 'user', content: text };
  return { role: 'user', content: text === '' ? files : [...files, { kind: 'text', text }] };
}

/** Simple prompts use no stop words of the app; text-completion prompts have their own (`facts/dify-dsl-engine.md` §8.1). */
function stopWords({ app }: EngineTask): readonly string[] {
  const { prompt, model } = app.config;
  if (prompt.kind !== 'simple') return model.stop;
  return model.mode === 'completion' && app.mode !== 'completion' ? ['\nHuman:', '</histories>'] : [];
}
