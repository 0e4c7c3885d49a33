// What the services of the inventory are given.
import type { Change } from "../audit/change.ts";
import type { Snapshot } from "../store/store.ts";

export interface Deps {
  /** Reads the newest committed state. */
  readonly read: Snapshot;
  /** The only way to change anything. */
  readonly change: Change;
}
