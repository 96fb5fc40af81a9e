interface Utterance {
  readonly speaker: string;
  readonly text: string;
}

/** What is said in subtitles (WebVTT), one `Speaker "text"` to a line; what one speaker says in a row is one. */
export function readVtt(source: string): string {
  const merged: Utterance[] = [];
  for (const one of utterancesOf(source)) {
    const last = merged.at(-1);
    if (last !== undefined && one.speaker !== '' && last.speaker === one.speaker) {
      merged[merged.length - 1] = { ...one, text: `${last.text} ${one.text}` };
    } else merged.push(one);
  }
  return merged.map(({ speaker, text }) => `${speaker} "${text}"`.trimStart()).join('\n');
}

/** Cues: a line of times, and the lines up to an empty one. */
function* utterancesOf(source: string): Generator<Utterance> {
  let cue: string[] | null = null;
  for (const line of [...source.split(/\r\n?|\n/), '']) {
    if (line.includes('-->')) cue = [];
    else if (line.trim() !== '') cue?.push(line.trim());
    else {
      if (cue !== null && cue.length > 0) yield utterance(cue.join('\n'));
      cue = null;
    }
  }
}

function utterance(cue: string): Utterance {
  const speaker = /<v(?:\.[^<>\s]*)?\s([^<>]*)>/.exec(cue)?.[1] ?? '';
  return { speaker: speaker.trim(), text: cue.replace(/<[^<>]*>/g, '').trim() };
}
