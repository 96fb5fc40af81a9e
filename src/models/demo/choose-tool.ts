import type { ToolSpec } from '../chat-model.ts';

/** Words of questions and descriptions that name nothing. */
const common = new Set(
  (
    'a about all an and any are as at be by can could current do does for from get give given has have how i if in into ' +
    'is it its let like make may me my need no not of on one or our out please return returns show so some tell than ' +
    'that the their them then there these they this those to tool up us use used uses using want was we were what when ' +
    'where which who why will with would you your'
  ).split(' '),
);

/**
 * The tool that a question names: by a word of its name, or of the first sentence of its description, which weighs half
 * as much. The first of those with the most such words; null when there is none.
 */
export function chooseTool(question: string, tools: readonly ToolSpec[]): ToolSpec | null {
  const asked = [...wordsOf(question)];
  let chosen: ToolSpec | null = null;
  let most = 0;
  for (const tool of tools) {
    const score = scoreOf(tool, asked);
    if (score > most) {
      most = score;
      chosen = tool;
    }
  }
  return chosen;
}

function scoreOf({ name, description }: ToolSpec, asked: readonly string[]): number {
  const named = wordsOf(name);
  const described = wordsOf(description.split(/[.!?。！？\n]/)[0] ?? '');
  const scores = asked.map((word) => (named.has(word) ? 2 : described.has(word) ? 1 : 0));
  return scores.reduce<number>((sum, score) => sum + score, 0);
}

/** In lower case and in the singular; `getWeather` and `get_weather` are two words each. */
function wordsOf(text: string): Set<string> {
  const words =
    text
      .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(words.filter((word) => !common.has(word)).map((word) => word.replace(/(?<=\w{3})s$/, '')));
}
