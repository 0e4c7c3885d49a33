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

async function measure<R>(timer: StoreTimer, operation: string, work: () => Promise<R>) {
  const began = performance.now();
  let ok = false;
  try {
    const result = await work();
    ok = true;
    return result;
  } finally {
    timer(operation, performance.now() - began, ok);
  }
}

/** Every reader of a snapshot, with its methods timed. */
function timedReaders<T extends object>(readers: T, timer: StoreTimer): T {
  const made = new Map<unknown, unknown>();
  return new Proxy(readers, {
    get(target, name) {
      const reader: unknown = Reflect.get(target, name);
      if (typeof reader !== "object" || reader === null) return reader;
      const known = made.get(name) ?? timedMethods(reader, timer);
      made.set(name, known);
      return known;
    },
  });
}

function timedMethods<T extends object>(reader: T, timer: StoreTimer): T {
  return new Proxy(reader, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return (...args: unknown[]) =>
        measure(timer, "read", async () => Reflect.apply(method, target, args) as unknown);
    },
  });
}
