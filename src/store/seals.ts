// What the store keeps of the seals of the audit: which records were written, in an order that no later commit changes.
// A record waits for its seal from the transaction on that appends it.
import type { AuditRecord, AuditSeal } from "../../gen/metal/v1/audit_pb.ts";

/** What waits for a seal. */
export interface Backlog {
  readonly count: number;
  /** When the oldest of the calls arrived, in milliseconds since 1970; undefined if none waits. */
  readonly oldestMs?: number;
}

/** Reads seals. */
export interface SealReader {
  /** The newest seal, without its leaves; undefined if there is none. */
  head(): Promise<AuditSeal | undefined>;
  /** Seals after a number, in their order, with their leaves unless those were removed. At most `limit`, 1 or more. */
  list(page: { readonly after: number; readonly limit: number }): Promise<AuditSeal[]>;
  /** The oldest seals whose leaves were not removed, with them. At most `limit`, 1 or more. */
  oldest(limit: number): Promise<AuditSeal[]>;
  /** The records of a seal in the order of its leaves. One that is missing is left out. */
  records(seal: Pick<AuditSeal, "leaves">): Promise<AuditRecord[]>;
  /** Records that no seal holds, by trace id. At most `limit`, 1 or more. */
  unsealed(limit: number): Promise<AuditRecord[]>;
  backlog(): Promise<Backlog>;
}

/** Appends seals, and removes what the newest seal says was removed. */
export interface SealWriter extends SealReader {
  /**
   * Must refuse with aborted unless its number follows the newest one. Must fail, and the transaction with it, unless all
   * its records wait for a seal, which may show at the end of the transaction only.
   */
  append(seal: AuditSeal): Promise<void>;
  /**
   * Removes the records and the leaves of a seal. The engine itself must refuse it unless the newest seal says that the
   * seal is forgotten, and that all its calls arrived before the horizon.
   */
  forget(seal: AuditSeal): Promise<void>;
}
