import type { WorkflowRound } from '../../runs/workflow-event.ts';

interface Piece {
  /** The round that said it. */
  readonly by: string;
  text: string;
}

/** What a run has told, and which round said which part of it: a node that begins again takes back its own words only. */
export class ToldText {
  #pieces: Piece[] = [];

  add(text: string, round: WorkflowRound | null): void {
    const by = nameOf(round);
    const last = this.#pieces.at(-1);
    if (last?.by === by) last.text += text;
    else this.#pieces.push({ by, text });
  }

  /** Takes back the last `length` UTF-16 units that the round has said. Answers what is left of all. */
  withdraw(length: number, round: WorkflowRound | null): string {
    const by = nameOf(round);
    let left = length;
    for (let at = this.#pieces.length - 1; at >= 0 && left > 0; at -= 1) {
      const piece = this.#pieces[at] as Piece;
      if (piece.by !== by) continue;
      const taken = Math.min(left, piece.text.length);
      piece.text = piece.text.slice(0, piece.text.length - taken);
      left -= taken;
    }
    this.#pieces = this.#pieces.filter(({ text }) => text !== '');
    return this.#pieces.map(({ text }) => text).join('');
  }
}

function nameOf(round: WorkflowRound | null): string {
  return round === null ? '' : `${nameOf(round.outer)}/${round.containerId}:${round.index}`;
}
