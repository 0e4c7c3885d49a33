// What the services of the inventory are given.
import type { Change } from "../audit/change.ts";
import type { Snapshot } from "../store/store.ts";

export interface Deps {
  /** Reads the newest committed state. */
  readonly read: Snapshot;
  /** The only way to change anything. */
  readonly change: Change;
}

/** What services are given whose answers depend on the time. */
export interface TimedDeps extends Deps {
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
