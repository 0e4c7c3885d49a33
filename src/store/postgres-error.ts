// Errors of PostgreSQL by their code (https://www.postgresql.org/docs/current/errcodes-appendix.html), and of the way
// to it.
import { DatabaseError } from "pg";
import { systemErrorCode } from "../domain/system-error.ts";

/** The connection could not be made, or ended with a statement under way: nobody knows whether that took effect. */
export class ConnectionLostError extends Error {
  override readonly name = "ConnectionLostError";

  constructor(cause: unknown) {
    super(`no connection to the database: ${reasonOf(cause)}`, { cause });
  }
}

/** Several addresses that were tried in vain make an error without a message of its own. */
function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : "";
  return message || (systemErrorCode(cause) ?? "unknown cause");
}

/** What PostgreSQL says that it is; undefined for errors of others. */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined;
}

/** Whether another transaction was in the way: nothing has happened, and the next attempt may succeed. */
export function isConflict(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === "40001" || state === "40P01"; // serialization failure, deadlock
}

/** Classes of codes, by their first two signs, after which a connection is of no use any more. */
const endingClasses: ReadonlySet<string> = new Set([
  "08", // the connection
  "57", // an operator or a timeout ended it
]);

/** The same of single codes: a server that says so was the primary once, and the next connection may reach the new one. */
const endingStates: ReadonlySet<string> = new Set([
  "25006", // read-only
  "0A000", // not supported, as serializable transactions are by a standby
]);

/** Whether the session that failed so must not be used again. */
export function endsSession(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state === undefined) return true;
  return endingStates.has(state) || endingClasses.has(state.slice(0, 2));
}

const unavailableClasses: ReadonlySet<string> = new Set([
  ...endingClasses,
  "28", // who we are is not accepted, as while a password is being changed
  "53", // out of disk, memory or connections
  "58", // an error of the system below
]);

const unavailableStates: ReadonlySet<string> = new Set([
  ...endingStates,
  "25P03", // a transaction that was idle for too long
  "25P04", // a transaction that took too long
  "40001", // conflicts, as often as we try
  "40003", // nobody knows whether the statement took effect
  "40P01",
  "55P03", // a lock that was not to be had in time
]);

/** Whether PostgreSQL could not do its work for now. Damaged data is not for now. */
export function isPostgresUnavailable(error: unknown): boolean {
  if (error instanceof ConnectionLostError) return true;
  const state = sqlStateOf(error);
  if (state === undefined) return false;
  return unavailableStates.has(state) || unavailableClasses.has(state.slice(0, 2));
}
