import type { ValueRecord } from '../values/value.ts';
import type { Body, MacroBody, Statement, Target } from './ast.ts';
import { Budget, type TemplateLimits } from './budget.ts';
import { Evaluator } from './evaluate.ts';
import { globalsOf } from './globals.ts';
import { itemsOf } from './iterate.ts';
import { JinjaError } from './jinja-error.ts';
import { strOf, truthOf } from './jinja-text.ts';
import { Callable, fromValue, type JinjaValue, Namespace, Tuple, Undefined } from './jinja-value.ts';
import { type LoopState, loopVariable } from './loop-variable.ts';
import { parseTemplate } from './parse-template.ts';
import { Scope } from './scope.ts';

/**
 * A million expressions take about a third of a second here, in one turn of the event loop. Ten thousand items with ten
 * expressions each are a tenth of that.
 */
export const DEFAULT_TEMPLATE_LIMITS: TemplateLimits = Object.freeze({
  work: 1_000_000,
  characters: 400_000,
  depth: 100,
});

/**
 * A Jinja2 template with its variables filled in, as Jinja2 3.1 does it in its default environment, printing values as
 * Python prints them. It is interpreted: no template becomes code of this process, and nothing but its variables can be
 * reached from it.
 *
 * @throws JinjaError
 */
export function renderTemplate(
  source: string,
  variables: ValueRecord,
  limits: TemplateLimits = DEFAULT_TEMPLATE_LIMITS,
): string {
  const budget = new Budget(limits);
  try {
    return budget.during(() => render(source, variables, budget));
  } catch (error) {
    // Values nested deeper than the stack, or within themselves.
    if (!(error instanceof RangeError)) throw error;
    throw new JinjaError('RecursionError', 'maximum recursion depth exceeded');
  }
}

function render(source: string, variables: ValueRecord, budget: Budget): string {
  budget.spend(source.length / 16);
  const body = parseTemplate(source);
  const globals = new Scope(null);
  for (const [name, value] of globalsOf(budget)) globals.set(name, value);
  const scope = new Scope(globals);
  for (const [name, value] of Object.entries(variables)) scope.set(name, fromValue(value));
  return new Renderer(budget).render(body, scope);
}

/** What a call block goes by while its macro is called; no template can write this name. */
const CALLER = ' caller';

class Renderer {
  readonly #budget: Budget;
  readonly #evaluator: Evaluator;

  constructor(budget: Budget) {
    this.#budget = budget;
    this.#evaluator = new Evaluator(budget);
  }

  render(body: Body, scope: Scope): string {
    let text = '';
    for (const statement of body) {
      const piece = statement.kind === 'text' ? statement.text : this.#run(statement, scope);
      this.#budget.spend(1 + piece.length / 64);
      text += piece;
      this.#budget.check(text.length);
    }
    return text;
  }

  #run(statement: Exclude<Statement, { kind: 'text' }>, scope: Scope): string {
    try {
      return this.#runUnlocated(statement, scope);
    } catch (error) {
      if (error instanceof JinjaError && error.line === 0) error.line = statement.line;
      throw error;
    }
  }

  #runUnlocated(statement: Exclude<Statement, { kind: 'text' }>, scope: Scope): string {
    const evaluator = this.#evaluator;
    switch (statement.kind) {
      case 'output':
        return strOf(evaluator.evaluate(statement.value, scope));
      case 'if': {
        const branch = statement.branches.find(({ test }) => truthOf(evaluator.evaluate(test, scope)));
        return this.render(branch?.body ?? statement.otherwise, scope);
      }
      case 'for':
        return this.#loop(statement, evaluator.evaluate(statement.list, scope), scope, 1);
      case 'set':
        this.#assign(statement.target, evaluator.evaluate(statement.value, scope), scope);
        return '';
      case 'set-block': {
        let value: JinjaValue = this.render(statement.body, new Scope(scope));
        for (const filter of statement.filters) value = evaluator.applyFilter(filter, value, scope);
        this.#assign(statement.target, value, scope);
        return '';
      }
      case 'macro':
        scope.set(statement.name, this.#macro(statement.name, statement.macro, scope));
        return '';
      case 'call': {
        const inner = new Scope(scope);
        inner.set(CALLER, this.#macro('caller', statement.macro, scope));
        const { callee, args } = statement.call;
        const named = [...args.named, { name: 'caller', value: { kind: 'name' as const, name: CALLER } }];
        return strOf(evaluator.evaluate({ kind: 'call', callee, args: { ...args, named } }, inner));
      }
      case 'filter': {
        let value: JinjaValue = this.render(statement.body, new Scope(scope));
        for (const filter of statement.filters) value = evaluator.applyFilter(filter, value, scope);
        return strOf(value);
      }
      case 'with': {
        const inner = new Scope(scope);
        for (const { target, value } of statement.variables) {
          this.#assign(target, evaluator.evaluate(value, scope), inner);
        }
        return this.render(statement.body, inner);
      }
    }
  }

  #loop(loop: Extract<Statement, { kind: 'for' }>, list: JinjaValue, scope: Scope, depth: number): string {
    const { test, target } = loop;
    const all = itemsOf(list, this.#budget);
    const items =
      test === null
        ? all
        : all.filter((item) => {
            const inner = new Scope(scope);
            this.#assign(target, item, inner);
            return truthOf(this.#evaluator.evaluate(test, inner));
          });
    if (items.length === 0) return this.render(loop.otherwise, new Scope(scope));
    const state: LoopState = {
      items,
      at: 0,
      depth,
      recurse: loop.recursive
        ? (again) => this.#budget.nested(() => this.#loop(loop, again, scope, depth + 1))
        : null,
    };
    const variable = loopVariable(state, this.#budget);
    let text = '';
    for (; state.at < items.length; state.at += 1) {
      const inner = new Scope(scope);
      inner.set('loop', variable);
      this.#assign(target, items[state.at] as JinjaValue, inner);
      text += this.render(loop.body, inner);
      this.#budget.spend(1);
      this.#budget.check(text.length);
    }
    return text;
  }

  #assign(target: Target, value: JinjaValue, scope: Scope): void {
    switch (target.kind) {
      case 'name':
        scope.set(target.name, value);
        return;
      case 'attribute': {
        const namespace = scope.get(target.name);
        if (namespace instanceof Namespace) {
          namespace.values.set(target.attribute, value);
          return;
        }
        const message = 'cannot assign attribute on non-namespace object';
        throw new JinjaError('jinja2.exceptions.TemplateRuntimeError', message);
      }
      case 'tuple': {
        const items = itemsOf(value, this.#budget);
        const wanted = target.targets.length;
        if (items.length !== wanted) {
          const problem =
            items.length < wanted
              ? `not enough values to unpack (expected ${wanted}, got ${items.length})`
              : `too many values to unpack (expected ${wanted})`;
          throw new JinjaError('ValueError', problem);
        }
        target.targets.forEach((one, at) => {
          this.#assign(one, items[at] as JinjaValue, scope);
        });
      }
    }
  }

  #macro(name: string, { parameters, body }: MacroBody, scope: Scope): Callable {
    return new Callable(name, (args, named) => {
      const inner = new Scope(scope);
      const rest = new Map<JinjaValue, JinjaValue>(named);
      parameters.forEach((parameter, at) => {
        const given = at < args.length ? args[at] : named.get(parameter.name);
        rest.delete(parameter.name);
        if (given !== undefined) inner.set(parameter.name, given);
        else if (parameter.value !== null)
          inner.set(parameter.name, this.#evaluator.evaluate(parameter.value, inner));
        else inner.set(parameter.name, new Undefined(`parameter '${parameter.name}' was not provided`));
      });
      const caller = named.get('caller');
      if (caller !== undefined) inner.set('caller', caller);
      rest.delete('caller');
      inner.set('varargs', new Tuple(args.slice(parameters.length)));
      inner.set('kwargs', rest);
      return this.#budget.nested(() => this.render(body, inner));
    });
  }
}
