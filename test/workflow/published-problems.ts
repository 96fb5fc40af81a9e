import { streamProblems } from '../support/spec/dify-spec.ts';

const UNIONS = { workflow: 'ChunkWorkflowEvent', chatflow: 'ChunkChatEvent' } as const;

/**
 * Where the document is not what Dify sends (`facts/dify-wire.md` §3.4): the id of a container is that of its node, prices
 * are texts, and `text_replace` is not in it.
 */
const NOT_AS_PUBLISHED = [
  /^(iteration|loop)_\w+: \/data\/id must match format "uuid"$/,
  /^node_\w+: \/data\/execution_metadata(\/total_price)? must (be number|be null|match a schema in anyOf)$/,
  /^text_replace: not an event of ChunkWorkflowEvent$/,
];

/** What is wrong with the events of a stream by the published document; without the document nothing is. */
export function publishedProblems(
  kind: keyof typeof UNIONS,
  events: readonly Record<string, unknown>[],
): string[] {
  return streamProblems(UNIONS[kind], events).filter(
    (problem) => !NOT_AS_PUBLISHED.some((known) => known.test(problem)),
  );
}
