/**
 * Places of a turn's messages among those of its moment (`ConversationItemRow.position`), below 256: what came with
 * the query stands before it, from 1 on.
 */
export const POSITIONS = { query: 101, answer: 102, finish: 103, followUp: 104 } as const;
