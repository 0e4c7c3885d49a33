// What is wrong with a request for a machine is said all at once. Some of it is wrong in itself, some only with things
// as they are in the data centre.
import { invalid, precondition } from "./errors.ts";
import type { Fault } from "./fault.ts";

/** A rule that a request violates. */
export interface AllocationFault extends Fault {
  /** `request`: wrong whatever there is; `state`: wrong with what there is, or is missing. */
  readonly cause: "request" | "state";
}

/** Who is told about faults while more of them are looked for. */
export type ReportFault = (fault: AllocationFault) => void;

/** An error goes into headers of the answer, so it names no more faults than anyone would read. */
const maxNamed = 20;

/**
 * Throws an error that names the faults, if there are any: invalid_argument if one of them is the request's own, for
 * then trying again is useless; else failed_precondition.
 */
export function assertFulfillable(faults: readonly AllocationFault[]): void {
  if (faults.length === 0) return;
  const lines = faults.slice(0, maxNamed).map(({ path, reason }) => `${path}: ${reason}`);
  const rest = faults.length - lines.length;
  const message = [...lines, ...(rest > 0 ? [`and ${rest} more`] : [])].join("; ");
  throw faults.some(({ cause }) => cause === "request") ? invalid(message) : precondition(message);
}
