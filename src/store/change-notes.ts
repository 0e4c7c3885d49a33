// What one transaction changes, noted while it runs so that it is written in one go at its end: numbers that are given
// as late as possible keep others waiting as briefly as possible.
import type { ChangeOp } from "./changes.ts";

/** A change that has no number yet. */
export interface ChangeNote {
  readonly kind: string;
  readonly id: string;
  readonly op: ChangeOp;
  /** The message before it; undefined if it is not kept. */
  readonly before?: Uint8Array | undefined;
}

/** The notes of one attempt at a transaction. */
export class ChangeNotes {
  readonly #notes = new Map<string, ChangeNote>();

  /** Adds a change to those before it of the same entity. */
  add(note: ChangeNote): void {
    const key = `${note.kind} ${note.id}`;
    const known = this.#notes.get(key);
    if (known === undefined) return void this.#notes.set(key, note);
    const op = joined[known.op][note.op];
    if (op === undefined) return void this.#notes.delete(key);
    this.#notes.set(key, { ...known, op });
  }

  /** In the order in which their entities were changed first. */
  get all(): readonly ChangeNote[] {
    return [...this.#notes.values()];
  }
}

/** What a change and a later one are together; undefined if nothing is left of both. */
const joined: Readonly<Record<ChangeOp, Readonly<Record<ChangeOp, ChangeOp | undefined>>>> = {
  insert: { insert: "insert", update: "insert", delete: undefined },
  update: { insert: "update", update: "update", delete: "delete" },
  delete: { insert: "update", update: "update", delete: "delete" },
};
