/** Jinja2's syntax, as `parse-template.ts` reads it. */
export type Statement =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'output'; readonly value: Expression; readonly line: number }
  | {
      readonly kind: 'if';
      readonly branches: readonly { readonly test: Expression; readonly body: Body }[];
      readonly otherwise: Body;
      readonly line: number;
    }
  | {
      readonly kind: 'for';
      readonly target: Target;
      readonly list: Expression;
      readonly test: Expression | null;
      readonly body: Body;
      readonly otherwise: Body;
      readonly recursive: boolean;
      readonly line: number;
    }
  | { readonly kind: 'set'; readonly target: Target; readonly value: Expression; readonly line: number }
  | {
      readonly kind: 'set-block';
      readonly target: Target;
      readonly filters: readonly FilterCall[];
      readonly body: Body;
      readonly line: number;
    }
  | { readonly kind: 'macro'; readonly name: string; readonly macro: MacroBody; readonly line: number }
  | { readonly kind: 'call'; readonly call: CallExpression; readonly macro: MacroBody; readonly line: number }
  | {
      readonly kind: 'filter';
      readonly filters: readonly FilterCall[];
      readonly body: Body;
      readonly line: number;
    }
  | {
      readonly kind: 'with';
      readonly variables: readonly { readonly target: Target; readonly value: Expression }[];
      readonly body: Body;
      readonly line: number;
    };

export type Body = readonly Statement[];

export interface MacroBody {
  readonly parameters: readonly { readonly name: string; readonly value: Expression | null }[];
  readonly body: Body;
}

export type Target =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'attribute'; readonly name: string; readonly attribute: string }
  | { readonly kind: 'tuple'; readonly targets: readonly Target[] };

export type Operator = '+' | '-' | '*' | '/' | '//' | '%' | '**' | '~' | 'and' | 'or';
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

export interface Arguments {
  readonly positional: readonly { readonly value: Expression; readonly spread: boolean }[];
  readonly named: readonly { readonly name: string | null; readonly value: Expression }[];
}

export interface FilterCall {
  readonly name: string;
  readonly args: Arguments;
}

export interface CallExpression {
  readonly kind: 'call';
  readonly callee: Expression;
  readonly args: Arguments;
}

export type Expression =
  | { readonly kind: 'constant'; readonly value: null | boolean | number | string; readonly float: boolean }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list' | 'tuple'; readonly items: readonly Expression[] }
  | { readonly kind: 'dict'; readonly entries: readonly (readonly [Expression, Expression])[] }
  | { readonly kind: 'attribute'; readonly object: Expression; readonly name: string }
  | { readonly kind: 'item'; readonly object: Expression; readonly key: Expression }
  | {
      readonly kind: 'slice';
      readonly object: Expression;
      readonly parts: readonly (Expression | null)[];
    }
  | CallExpression
  | { readonly kind: 'filter'; readonly value: Expression; readonly filter: FilterCall }
  | {
      readonly kind: 'test';
      readonly value: Expression;
      readonly name: string;
      readonly args: Arguments;
      readonly negated: boolean;
    }
  | { readonly kind: 'not' | 'minus' | 'plus'; readonly value: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'compare';
      readonly first: Expression;
      readonly rest: readonly { readonly operator: Comparison; readonly value: Expression }[];
    }
  | {
      readonly kind: 'choice';
      readonly test: Expression;
      readonly chosen: Expression;
      readonly otherwise: Expression | null;
    };

export const NO_ARGUMENTS: Arguments = { positional: [], named: [] };
