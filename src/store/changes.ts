// The contract of changes: those of watched kinds are numbered in the order of their commits and kept for a while, so
// that whoever follows them misses none, across reconnects and restarts.
import type { EntityOf, Kind } from "./entities.ts";

/** What became of an entity, taking all that one transaction did to it together. */
export const changeOps = ["insert", "update", "delete"] as const;
export type ChangeOp = (typeof changeOps)[number];

/** A change of one entity by one transaction. */
export interface Change<K extends Kind = Kind> {
  /** From 1; greater than that of every change that was committed before. Numbers may be missing. */
  readonly seq: number;
  readonly kind: K;
  readonly id: string;
  readonly op: ChangeOp;
  /** What the entity was before, if it existed and the state of its kind is watched. */
  readonly before?: EntityOf<K>;
}

/** What need not be remembered. */
export interface Forgotten {
  /** Changes before this time, in milliseconds since 1970. */
  readonly beforeMs: number;
  /** All but so many of the newest. */
  readonly keep: number;
}

/** Follows changes of the kinds that entities.ts calls watched. */
export interface Changes {
  /** The number of the last change; 0 if there was none. All that is read from now on contains it. */
  head(): Promise<number>;
  /**
   * The changes after a number, oldest first. Must refuse with out_of_range if one of them was forgotten, or if there
   * never was a change of that number. Limit: 1 or more. What is returned belongs to everybody who follows.
   */
  after(seq: number, limit: number): Promise<readonly Change[]>;
  /**
   * Calls `listener` soon after each commit of this process with a change; an engine that others write to may call it
   * for theirs as well. Who must not miss any looks from time to time all the same. The listener must not throw.
   * Returns how to stop.
   */
  onCommit(listener: () => void): () => void;
  /** Forgets changes, in several transactions. */
  forget(which: Forgotten): Promise<void>;
}
