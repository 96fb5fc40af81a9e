import type { RunFile } from '../../runs/run-file.ts';
import type { ToolPart } from '../../tools/tool-part.ts';
import { boundedOutput } from '../prompt/bounded-output.ts';

type Named = Pick<RunFile, 'filename'>;

/** All answers in one round together, in characters. */
const MAX_ROUND = 400_000;

/**
 * What a model is told of a tool's answer (`facts/dify-dsl-engine.md` §8.4): its texts, then links and files in words,
 * then JSON that no text has said already.
 *
 * @param kept files of the answer, as they were kept; null for one that was not
 * @param calls in the same round, which share what a model can be told
 * @param shown whether the end user gets files where the answer goes
 */
export function observe(
  parts: readonly ToolPart[],
  kept: readonly (Named | null)[],
  { calls = 1, shown = true }: { readonly calls?: number; readonly shown?: boolean } = {},
): string {
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
        said.push(fileNotice(part.mimeType, kept[files++] ?? null, shown));
        break;
      case 'json':
        json.push(JSON.stringify(part.value));
        break;
    }
  }
  const texts = said.filter((text) => text !== '');
  return boundedOutput(
    [...texts, ...json.filter((one, at) => !texts.includes(one) && json.indexOf(one) === at)].join('\n'),
    Math.floor(MAX_ROUND / calls),
  );
}

function fileNotice(mimeType: string, file: Named | null, shown: boolean): string {
  const what = mimeType.startsWith('image/') ? 'image' : 'file';
  const made = what === 'image' ? 'an image' : 'a file';
  if (file === null) return `The tool made ${made} that cannot be kept here; the user does not see it.`;
  return shown
    ? `The tool made the ${what} ${file.filename}, and the user has got it already: say so, do not make it again.`
    : `The tool made the ${what} ${file.filename}. It is kept, but cannot be shown to the user here: say so.`;
}
