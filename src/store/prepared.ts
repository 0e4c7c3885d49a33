// Queries that are compiled once and run with other values each time, because building one costs as much as running it.
import type { Compilable, CompiledQuery } from "kysely";

/** Stands in a query for the value of this name, which is known when the query runs. */
export type SlotOf<V> = <N extends keyof V>(name: N) => V[N];

/** A query that lacks nothing but its values. */
export type Prepared<V, R> = (values: V) => CompiledQuery<R>;

class Slot<V> {
  readonly name: keyof V;

  constructor(name: keyof V) {
    this.name = name;
  }
}

/** Compiles what `build` returns. Each slot becomes a parameter; other values stay what they are. */
export function prepare<V, R>(build: (slot: SlotOf<V>) => Compilable<R>): Prepared<V, R> {
  // To the types a slot poses as its value; the compiler of queries passes values on without looking at them.
  const slot: SlotOf<V> = <N extends keyof V>(name: N) => new Slot<V>(name) as unknown as V[N];
  const { parameters, ...query } = build(slot).compile();
  const valueOf = (parameter: unknown, values: V) =>
    parameter instanceof Slot ? values[(parameter as Slot<V>).name] : parameter;
  return (values) => ({ ...query, parameters: parameters.map((p) => valueOf(p, values)) });
}

/** Prepares a query for each shape of `A` when it first occurs. For few shapes. */
export function prepareByShape<A, V, R>(
  shapeOf: (argument: A) => string,
  prepareShape: (argument: A) => Prepared<V, R>,
): (argument: A) => Prepared<V, R> {
  const prepared = new Map<string, Prepared<V, R>>();
  return (argument) => {
    const shape = shapeOf(argument);
    const query = prepared.get(shape) ?? prepareShape(argument);
    prepared.set(shape, query);
    return query;
  };
}

/** Repeats the last one until they are a power of two, so that there are few shapes of queries with a list of them. */
export function padded(values: readonly string[]): readonly string[] {
  const count = 2 ** Math.ceil(Math.log2(Math.max(values.length, 1)));
  return Array.from({ length: count }, (_, index) => values[index] ?? values.at(-1) ?? "");
}
