// Whether what a store has handed out and what is free add up to everything there is: nothing lost, nothing held twice.
import { inspect } from "../../src/domain/books/inspect.ts";
import type { Store } from "../../src/store/store.ts";

/** What does not add up in a store that nobody changes; nothing if all is well. */
export async function faultsOf({ read }: Pick<Store, "read">): Promise<string[]> {
  const books = { read, settle: <R>(work: (all: typeof read) => Promise<R>) => work(read) };
  return Array.fromAsync(
    inspect({ ...books, now: Date.now }),
    ({ check, subject, fault }) => `${check}: ${subject}: ${fault}`,
  );
}
