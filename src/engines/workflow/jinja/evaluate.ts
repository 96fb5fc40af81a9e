import { attributeOf, itemOf, sliceOf } from './access.ts';
import type { Arguments, Expression, FilterCall } from './ast.ts';
import type { Budget } from './budget.ts';
import { CallArguments } from './call-arguments.ts';
import type { Engine, Filter } from './engine.ts';
import { itemsOf } from './iterate.ts';
import { JinjaError, typeError } from './jinja-error.ts';
import { defined, strOf, truthOf, typeName } from './jinja-text.ts';
import {
  Callable,
  float,
  isFloat,
  type JinjaValue,
  numberOf,
  orElse,
  Tuple,
  Undefined,
} from './jinja-value.ts';
import { listFilters } from './list-filters.ts';
import { numberFilters } from './number-filters.ts';
import { comparesAs, keyOf, operate } from './operations.ts';
import type { Scope } from './scope.ts';
import { tests } from './tests.ts';
import { textFilters } from './text-filters.ts';

const FILTERS: Readonly<Record<string, Filter>> = { ...textFilters, ...numberFilters, ...listFilters };

/** Evaluates expressions; `budget` bounds all of them together. */
export class Evaluator implements Engine {
  readonly budget: Budget;

  constructor(budget: Budget) {
    this.budget = budget;
  }

  evaluate(expression: Expression, scope: Scope): JinjaValue {
    this.budget.spend(1);
    switch (expression.kind) {
      case 'constant': {
        const { value } = expression;
        return expression.float ? float(value as number) : value;
      }
      case 'name':
        return orElse(scope.get(expression.name), () => new Undefined(`'${expression.name}' is undefined`));
      case 'list':
        return expression.items.map((item) => this.evaluate(item, scope));
      case 'tuple':
        return new Tuple(expression.items.map((item) => this.evaluate(item, scope)));
      case 'dict':
        return new Map(
          expression.entries.map(([key, value]) => [
            keyOf(this.evaluate(key, scope)),
            this.evaluate(value, scope),
          ]),
        );
      case 'attribute':
        return attributeOf(this.evaluate(expression.object, scope), expression.name, this.budget);
      case 'item':
        return itemOf(
          this.evaluate(expression.object, scope),
          this.evaluate(expression.key, scope),
          this.budget,
        );
      case 'slice': {
        const parts = expression.parts.map((part) => (part === null ? null : this.evaluate(part, scope)));
        return sliceOf(this.evaluate(expression.object, scope), parts, this.budget);
      }
      case 'call':
        return this.#call(this.evaluate(expression.callee, scope), expression.args, scope);
      case 'filter':
        return this.applyFilter(expression.filter, this.evaluate(expression.value, scope), scope);
      case 'test': {
        const args = this.#arguments(expression.args, scope);
        return (
          this.test(expression.name, this.evaluate(expression.value, scope), args) !== expression.negated
        );
      }
      case 'not':
        return !truthOf(this.evaluate(expression.value, scope));
      case 'minus':
      case 'plus':
        return this.#signed(this.evaluate(expression.value, scope), expression.kind === 'minus');
      case 'binary': {
        const left = this.evaluate(expression.left, scope);
        if (expression.operator === 'and')
          return truthOf(left) ? this.evaluate(expression.right, scope) : left;
        if (expression.operator === 'or')
          return truthOf(left) ? left : this.evaluate(expression.right, scope);
        return operate(expression.operator, left, this.evaluate(expression.right, scope), this.budget);
      }
      case 'compare': {
        let left = this.evaluate(expression.first, scope);
        for (const { operator, value } of expression.rest) {
          const right = this.evaluate(value, scope);
          if (!comparesAs(operator, left, right, this.budget)) return false;
          left = right;
        }
        return true;
      }
      case 'choice':
        if (truthOf(this.evaluate(expression.test, scope))) return this.evaluate(expression.chosen, scope);
        return expression.otherwise === null
          ? new Undefined('the inline if-expression evaluated to false and no else section was defined.')
          : this.evaluate(expression.otherwise, scope);
    }
  }

  applyFilter({ name, args }: FilterCall, value: JinjaValue, scope: Scope): JinjaValue {
    return this.filter(name, value, this.#arguments(args, scope));
  }

  filter(name: string, value: JinjaValue, args: CallArguments): JinjaValue {
    const filter = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
    if (filter === undefined) {
      throw new JinjaError('jinja2.exceptions.TemplateAssertionError', `No filter named '${name}'.`);
    }
    this.budget.spend(1 + (typeof value === 'string' ? value.length / 64 : 0));
    return filter(value, args, this);
  }

  test(name: string, value: JinjaValue, args: CallArguments): boolean {
    const test = Object.hasOwn(tests, name) ? tests[name] : undefined;
    if (test === undefined) {
      throw new JinjaError('jinja2.exceptions.TemplateAssertionError', `No test named '${name}'.`);
    }
    if (typeof value === 'string') this.budget.spend(value.length / 64);
    return test(value, args, this);
  }

  #call(callee: JinjaValue, args: Arguments, scope: Scope): JinjaValue {
    defined(callee);
    if (!(callee instanceof Callable)) throw typeError(`'${typeName(callee)}' object is not callable`);
    const { positional, named } = this.#arguments(args, scope);
    return callee.call([...positional], named);
  }

  #arguments({ positional, named }: Arguments, scope: Scope): CallArguments {
    if (positional.length === 0 && named.length === 0) return EMPTY;
    const values = positional.flatMap(({ value, spread }) => {
      const one = this.evaluate(value, scope);
      return spread ? itemsOf(one, this.budget) : [one];
    });
    const names = new Map<string, JinjaValue>();
    for (const { name, value } of named) {
      const one = this.evaluate(value, scope);
      if (name !== null) names.set(name, one);
      else if (one instanceof Map) for (const [key, item] of one) names.set(strOf(key), item);
      else throw typeError(`argument after ** must be a mapping, not ${typeName(one)}`);
    }
    return new CallArguments(values, names);
  }

  #signed(value: JinjaValue, isMinus: boolean): JinjaValue {
    const number = numberOf(defined(value));
    if (number === null)
      throw typeError(`bad operand type for unary ${isMinus ? '-' : '+'}: '${typeName(value)}'`);
    const signed = isMinus ? -number : number;
    return isFloat(value) ? float(signed) : signed + 0;
  }
}

const EMPTY = new CallArguments([]);
