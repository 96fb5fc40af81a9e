import type { Compilable, CompiledQuery, QueryResult } from 'kysely';
import type { Store } from './open-store.ts';

/**
 * A query that is built and compiled once per database and then only given values: for the statements of every
 * chat, where building them anew would cost as much as executing them.
 *
 * `build` gets a stand-in for each value and must put it where a value goes; constants are kept as they are.
 *
 * @example
 * const rename = preparedQuery((db, p: { id: string; name: string }) =>
 *   db.updateTable('conversations').set({ name: p.name }).where('id', '=', p.id));
 * await rename(store, { id, name });
 */
export function preparedQuery<Values extends object, Row>(
  build: (db: Store, values: Values) => Compilable<Row>,
): (store: Store, values: Values) => Promise<QueryResult<Row>> {
  const compiled = compiledOnce((db) => build(db, standIns as Values));
  return (store, values) => {
    const query = compiled(store);
    const parameters = query.parameters.map((parameter) =>
      typeof parameter === 'symbol' ? values[parameter.description as keyof Values] : parameter,
    );
    return store.executeQuery<Row>({ ...query, parameters });
  };
}

/** A query that is built and compiled once per database, for whoever puts the parameters in their order himself. */
export function compiledOnce<Row>(
  build: (db: Store) => Compilable<Row>,
): (store: Store) => CompiledQuery<Row> {
  const compiled = new WeakMap<object, CompiledQuery<Row>>();
  return (store) => {
    const { adapter } = store.getExecutor();
    let query = compiled.get(adapter);
    if (!query) {
      query = build(store).compile();
      compiled.set(adapter, query);
    }
    return query;
  };
}

/** Answers a symbol for any property; its description says which value belongs there. */
const standIns: object = new Proxy({}, { get: (_target, name) => Symbol(String(name)) });
