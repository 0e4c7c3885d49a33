// A store whose every operation is timed.
import type { Store } from "../store/store.ts";
import type { StoreTimer } from "./metrics.ts";

/** `store`, as it is, telling `timer` about reads, transactions and pings. */
export function timedStore(store: Store, timer: StoreTimer): Store {
  const timed = <R>(operation: string, work: () => Promise<R>) => measure(timer, operation, work);
  const staleSecrets = store.staleSecrets?.bind(store);
  return {
    read: timedReaders(store.read, timer),
    changes: store.changes,
    ...(store.firstUses && { firstUses: store.firstUses }),
    ...(staleSecrets && { staleSecrets }),
    transaction: (work) => timed("transaction", () => store.transaction(work)),
    ping: () => timed("ping", () => store.ping()),
    close: () => store.close(),
  };
}

/** Leaves the promise as it is: another one around it would cost as much as a look at what is in memory. */
function measure<R>(timer: StoreTimer, operation: string, work: () => Promise<R>): Promise<R> {
  const began = performance.now();
  const running = work();
  const told = (ok: boolean) => () => timer(operation, performance.now() - began, ok);
  running.then(told(true), told(false));
  return running;
}

/** Every reader of a snapshot, with its methods timed. */
function timedReaders<T extends object>(readers: T, timer: StoreTimer): T {
  const timed = Object.entries(readers).map(([name, reader]) => [
    name,
    timedMethods(reader, timer),
  ]);
  return Object.fromEntries(timed) as T;
}

function timedMethods(reader: object, timer: StoreTimer): object {
  const timed = methodsOf(reader).map(([name, method]) => [
    name,
    (...args: unknown[]) => measure(timer, "read", () => method.apply(reader, args)),
  ]);
  return Object.fromEntries(timed);
}

type Method = (...args: unknown[]) => Promise<unknown>;

/** Of an object, and of the classes that it is one of. */
function methodsOf(reader: object): readonly (readonly [name: string, method: Method])[] {
  if (reader === Object.prototype) return [];
  const own = Object.getOwnPropertyNames(reader)
    .map((name) => [name, Reflect.get(reader, name)] as const)
    .filter((entry): entry is [string, Method] => typeof entry[1] === "function");
  const inherited = methodsOf(Object.getPrototypeOf(reader) as object);
  return [...inherited, ...own];
}
