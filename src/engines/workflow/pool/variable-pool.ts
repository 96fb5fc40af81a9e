import { fileAttribute, isFileValue } from '../values/file-value.ts';
import type { SegmentType } from '../values/segment-type.ts';
import type { Value, ValueRecord } from '../values/value.ts';
import type { Variable } from '../values/variable.ts';
import type { Selector } from './selector.ts';

/** A pool as plain data: the variables of each node, in the order they were set. */
export type PoolState = readonly (readonly [
  nodeId: string,
  variables: readonly (readonly [name: string, variable: Variable])[],
])[];

export interface ReadPool {
  /** Undefined: there is no such variable, which is something else than one that is null. */
  get(selector: Selector): Variable | undefined;
  /** All that a node, or one of the special ids, has set. */
  variablesOf(nodeId: string): ReadonlyMap<string, Variable>;
}

type Variables = ReadonlyMap<string, Variable>;

interface Write {
  readonly selector: Selector;
  readonly variable: Variable;
}

/**
 * The variables of a run (`facts/dify-dsl-engine.md` §3.1). What a node has set is replaced as a whole, never changed, so
 * that a fork costs one small map and shares everything else.
 */
export class VariablePool implements ReadPool {
  readonly #nodes: Map<string, Variables>;

  private constructor(nodes: Map<string, Variables>) {
    this.#nodes = nodes;
  }

  /** With what `base` holds, where `state` says nothing else of a node. */
  static from(state: PoolState, base?: VariablePool): VariablePool {
    const nodes = new Map<string, Variables>(base === undefined ? [] : base.#nodes);
    for (const [nodeId, variables] of state) nodes.set(nodeId, new Map(variables));
    return new VariablePool(nodes);
  }

  get(selector: Selector): Variable | undefined {
    const [nodeId, name] = selector;
    if (nodeId === undefined || name === undefined) return undefined;
    const variable = this.#nodes.get(nodeId)?.get(name);
    return variable === undefined || selector.length === 2 ? variable : within(variable.value, selector);
  }

  variablesOf(nodeId: string): ReadonlyMap<string, Variable> {
    return this.#nodes.get(nodeId) ?? NONE;
  }

  set(nodeId: string, name: string, variable: Variable): void {
    this.#nodes.set(nodeId, new Map(this.#nodes.get(nodeId)).set(name, variable));
  }

  /** Each node's variables are copied once, however many of them are set. */
  setMany(writes: Iterable<Write>): void {
    const copies = new Map<string, Map<string, Variable>>();
    for (const { selector, variable } of writes) {
      const [nodeId = '', name = ''] = selector;
      let copy = copies.get(nodeId);
      if (copy === undefined) {
        copy = new Map(this.#nodes.get(nodeId));
        copies.set(nodeId, copy);
        this.#nodes.set(nodeId, copy);
      }
      copy.set(name, variable);
    }
  }

  setAll(
    nodeId: string,
    values: ValueRecord,
    types: Readonly<Record<string, SegmentType>> | undefined = undefined,
  ): void {
    const entries = Object.entries(values);
    if (entries.length === 0) return;
    const variables = new Map(this.#nodes.get(nodeId));
    for (const [name, value] of entries) variables.set(name, typed(value, types?.[name]));
    this.#nodes.set(nodeId, variables);
  }

  delete(nodeId: string): void {
    this.#nodes.delete(nodeId);
  }

  fork(): VariablePool {
    return new VariablePool(new Map(this.#nodes));
  }

  /** Sets in `target` whatever `nodeId` has here that it did not have in `before`. */
  copyChanges(nodeId: string, before: ReadonlyMap<string, Variable>, target: VariablePool): void {
    const now = this.variablesOf(nodeId);
    if (now === before) return;
    const changed = [...now].filter(([name, variable]) => before.get(name) !== variable);
    target.setMany(changed.map(([name, variable]) => ({ selector: [nodeId, name], variable })));
  }

  /** Without what is the same in `base`. */
  toState(base?: VariablePool): PoolState {
    return [...this.#nodes]
      .filter(([nodeId, variables]) => base === undefined || base.#nodes.get(nodeId) !== variables)
      .map(([nodeId, variables]) => [nodeId, [...variables]]);
  }
}

const NONE: Variables = new Map();

function typed(value: Value, type: SegmentType | undefined): Variable {
  return type === undefined ? { value } : { value, type };
}

/** Of a file its attributes, of an object its keys; lists have nothing to name. */
function within(value: Value, selector: Selector): Variable | undefined {
  if (isFileValue(value)) {
    const attribute = fileAttribute(value, selector[2] as string);
    return attribute === undefined ? undefined : { value: attribute };
  }
  let current: Value | undefined = value;
  for (let at = 2; at < selector.length; at += 1) {
    const key = selector[at] as string;
    if (typeof current !== 'object' || current === null || Array.isArray(current)) return undefined;
    if (!Object.hasOwn(current, key)) return undefined;
    current = (current as ValueRecord)[key];
  }
  return current === undefined ? undefined : { value: current };
}
