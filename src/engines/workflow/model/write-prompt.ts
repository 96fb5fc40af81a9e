import type { ChatMessage, ContentPart } from '../../../models/chat-model.ts';
import { transcript } from '../../prompt/transcript.ts';
import { JinjaError } from '../jinja/jinja-error.ts';
import { renderTemplate } from '../jinja/render-template.ts';
import { NodeError } from '../node-error.ts';
import { expandTemplate, variablesIn } from '../pool/references.ts';
import type { ReadPool } from '../pool/variable-pool.ts';
import type { FileValue } from '../values/file-value.ts';
import type { ValueRecord } from '../values/value.ts';
import type { MemoryConfig } from './memory-config.ts';
import type { PromptTemplate, TextTemplate } from './prompt-template.ts';
import { filesAmong } from './read-files.ts';

const CONTEXT = '{{#context#}}';
/** Of a text that a model continues: where its history and its query stand. */
const PLACES = /(\{\{#histories#\}\}|#histories#|(?<!\{\{)#sys\.query#)/;
const HISTORIES = /\{\{#histories#\}\}|#histories#/;

export interface PromptMaterial {
  readonly pool: ReadPool;
  /** Stands in the place of `{{#context#}}`. References in it are left alone: it is somebody else's text. */
  readonly context: string;
  readonly jinja: ValueRecord;
  /** What the end user asks; empty: nothing. */
  readonly query: { readonly text: string; readonly files: readonly FileValue[] };
  readonly memory: MemoryConfig | null;
  part(file: FileValue): ContentPart;
}

/** A prompt for whatever is remembered. Contents of user messages are lists. */
export type WritePrompt = (remembered: readonly ChatMessage[]) => ChatMessage[];

/** Steps 1 to 3 of `facts/dify-dsl-engine.md` §4.4: templates, what is remembered, query. @throws NodeError */
export function writePrompt(template: PromptTemplate, material: PromptMaterial): WritePrompt {
  if (template.kind === 'continued') return writeContinued(template.text, material);
  const { query, part } = material;
  const before = template.messages.flatMap(({ role, text }) => {
    const written = write(text, material);
    return messagesOf(role, written.text, written.files.map(part));
  });
  const after = messagesOf('user', query.text, query.files.map(part));
  return (remembered) => [...before, ...remembered, ...after];
}

/** Files are a message of their own, and of the user, since no provider takes them of anyone else. */
function messagesOf(
  role: 'system' | 'user' | 'assistant',
  text: string,
  files: readonly ContentPart[],
): ChatMessage[] {
  const said: ChatMessage =
    role === 'user' ? { role, content: [{ kind: 'text', text }] } : { role, content: text };
  return [
    ...(text === '' ? [] : [said]),
    ...(files.length === 0 ? [] : [{ role: 'user' as const, content: files }]),
  ];
}

interface Written {
  readonly text: string;
  readonly files: readonly FileValue[];
}

function write({ kind, source }: TextTemplate, { pool, context, jinja }: PromptMaterial): Written {
  if (kind === 'jinja2') return { text: rendered(source, jinja), files: [] };
  const pieces = source.split(CONTEXT);
  return {
    text: pieces.map((piece) => expandTemplate(piece, pool)).join(context),
    files: pieces.flatMap((piece) => filesReferredTo(piece, pool)),
  };
}

/** Files that a text refers to, of the types that models may know. */
export function filesReferredTo(text: string, pool: ReadPool): FileValue[] {
  const files = filesAmong(variablesIn(text, pool).map(({ value }) => value));
  return files.filter(({ type }) => type !== 'custom');
}

function rendered(source: string, variables: ValueRecord): string {
  try {
    return renderTemplate(source, variables);
  } catch (error) {
    if (!(error instanceof JinjaError)) throw error;
    throw new NodeError('TemplateRenderError', error.message, { cause: error });
  }
}

/** What is remembered goes where the text wants it, else before it. */
function writeContinued(template: TextTemplate, material: PromptMaterial): WritePrompt {
  const { memory, query } = material;
  const isJinja = template.kind === 'jinja2';
  // A rendered text may hold words of the end user: of places in it only the first counts.
  const pieces = isJinja ? cutOnce(write(template, material).text) : template.source.split(PLACES);
  const texts = pieces.map((piece, at) => {
    if (at % 2 === 0) return isJinja ? piece : write({ kind: 'basic', source: piece }, material).text;
    return piece === '#sys.query#' ? query.text || piece : null;
  });
  return (remembered) => {
    const histories =
      remembered.length === 0
        ? ''
        : transcript(remembered, memory?.role_prefix?.user ?? '', memory?.role_prefix?.assistant ?? '');
    const text = texts.map((piece) => piece ?? histories).join('');
    const before = histories === '' || texts.includes(null) ? '' : `${histories}\n`;
    return [{ role: 'user', content: [{ kind: 'text', text: before + text }] }];
  };
}

/** A text and the place in it, as `split` cuts. */
function cutOnce(text: string): string[] {
  const place = HISTORIES.exec(text);
  if (place === null) return [text];
  return [text.slice(0, place.index), place[0], text.slice(place.index + place[0].length)];
}
