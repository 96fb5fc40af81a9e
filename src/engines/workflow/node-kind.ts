import type { z } from 'zod';
import type { WorkflowNeed } from '../../apps/workflow-reader.ts';
import type { NodeContext } from './node-context.ts';
import type { NodeResult } from './node-result.ts';
import type { Segment } from './pool/references.ts';
import type { Selector } from './pool/selector.ts';
import type { ValueRecord } from './values/value.ts';

/**
 * - `root`: where a graph, or the inside of a container, begins;
 * - `response`: shows its `segments` to the client as soon as they are known;
 * - `branch`: takes the edges of one handle;
 * - `container`: has nodes inside it, which it runs in rounds;
 * - `plain`: everything else.
 */
export type NodeRole = 'root' | 'response' | 'branch' | 'container' | 'plain';

/** A kind of node: all that the engine knows of it. */
export interface NodeKind<Config = unknown> {
  /** `data.type` in the DSL; more than one where it had other names. */
  readonly types: readonly string[];
  readonly role: NodeRole;
  /** Of a node's `data`; keys that it does not know are no error. */
  readonly config: z.ZodType<Config>;
  /** What Dify's editor changes in older files before it shows them (`facts/dify-dsl-engine.md` §2.5). */
  normalise?(data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** Of a container: the type of the node inside that its rounds begin with. */
  readonly start?: string;
  /** Of a container: has variables that nodes inside it may set. */
  readonly hasVariables?: boolean;
  /** Honours `retry_config`. */
  readonly retries?: boolean;
  /** Handles that it can take; a fact for tools that look at graphs. */
  branches?(config: Config): readonly string[];
  /** Variables that it reads. */
  references?(config: Config): readonly Selector[];
  /** Variables of others that it sets: an answer that shows them waits for it. */
  writes?(config: Config): readonly Selector[];
  /** What it uses of the world, for whoever checks an app before it runs. */
  needs?(config: Config): readonly WorkflowNeed[];
  /** What its author may not know of it, in words that go on from its title. */
  warnings?(config: Config): readonly string[];
  /** What clients are told of it when it starts, in Dify's terms: `{ agent_strategy: { name, icon } }`. */
  about?(config: Config): ValueRecord;
  /** What a response shows, in order. */
  segments?(config: Config): readonly Segment[];
  /** @throws NodeError; whatever else it throws fails the node as well. A result that is no Promise costs no turn. */
  run(config: Config, context: NodeContext): NodeResult | Promise<NodeResult>;
}

/**
 * @example
 * export const shout = defineNode({
 *   types: ['shout'],
 *   role: 'plain',
 *   config: z.looseObject({ text: z.string() }),
 *   run: ({ text }, { pool }) => ({ outputs: { loud: expandTemplate(text, pool).toUpperCase() } }),
 * });
 */
export function defineNode<Config>(kind: NodeKind<Config>): NodeKind {
  return kind as NodeKind;
}
