import type { RunFile } from '../../runs/run-file.ts';
import type { ToolPart } from '../../tools/tool-part.ts';

/** As much of one tool's answer as a model is told, in characters. */
const MAX_ANSWER = 100_000;
/** The same of all answers in one round: beyond that no model reads on, and counting their tokens takes its time. */
const MAX_ROUND = 400_000;

/**
 * What a model is told of a tool's answer (`facts/dify-dsl-engine.md` §8.4): its texts, then links and files in words,
 * then JSON that no text has said already.
 *
 * @param kept files of the answer, as they were kept; null for one that was not
 * @param calls in the same round, which share what a model can be told
 */
export function observe(parts: readonly ToolPart[], kept: readonly (RunFile | null)[], calls = 1): string {
  const said: string[] = [];
  const json: string[] = [];
  let files = 0;
  for (const part of parts) {
    switch (part.kind) {
      case 'text':
        said.push(part.text);
        break;
      case 'link':
        said.push(`The result is at ${part.url} and the user should be told this address.`);
        break;
      case 'file':
        said.push(fileNotice(part.mimeType, kept[files++] ?? null));
        break;
      case 'json':
        json.push(JSON.stringify(part.value));
        break;
    }
  }
  const texts = said.filter((text) => text !== '');
  return bounded(
    [...texts, ...json.filter((one, at) => !texts.includes(one) && json.indexOf(one) === at)].join('\n'),
    Math.min(MAX_ANSWER, Math.floor(MAX_ROUND / calls)),
  );
}

function fileNotice(mimeType: string, file: RunFile | null): string {
  const what = mimeType.startsWith('image/') ? 'image' : 'file';
  return file === null
    ? `The tool made ${what === 'image' ? 'an image' : 'a file'} that cannot be kept here; the user does not see it.`
    : `The tool made the ${what} ${file.filename}, and the user has got it already: say so, do not make it again.`;
}

function bounded(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most).toWellFormed()}\n… (cut: the tool answered ${text.length} characters)`;
}
