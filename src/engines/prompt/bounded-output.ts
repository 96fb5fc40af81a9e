/** As much of one tool's answer as a model is told, in characters: beyond that none reads on, and counting takes its time. */
const MAX_CHARACTERS = 100_000;

/** What a tool has answered, cut to what a model is told of it. */
export function boundedOutput(text: string, most = MAX_CHARACTERS): string {
  const length = Math.min(most, MAX_CHARACTERS);
  if (text.length <= length) return text;
  return `${text.slice(0, length).toWellFormed()}\n… (cut: the tool answered ${text.length} characters)`;
}
