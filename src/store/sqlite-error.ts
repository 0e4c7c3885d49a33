// Errors of SQLite by their code (https://www.sqlite.org/rescode.html).

/** Another connection holds a lock. */
export const sqliteBusy = 5;

const unavailableCodes: ReadonlySet<unknown> = new Set([
  sqliteBusy,
  6, // locked
  7, // out of memory
  8, // read-only, as a file system becomes after an error
  10, // input or output failed
  13, // full
  14, // cannot open
  15, // locking failed
]);

/** The primary code of SQLite's error; undefined for others. */
export function primaryCode(error: unknown): number | undefined {
  const code = property(error, "errcode");
  return typeof code === "number" ? code & 0xff : undefined;
}

/** Whether SQLite could not do its work for now. A damaged file is not for now. */
export function isSqliteUnavailable(error: unknown): boolean {
  const closed = property(error, "code") === "ERR_INVALID_STATE";
  return closed || unavailableCodes.has(primaryCode(error));
}

// By what it has and not by its class: Node.js makes it, for whom Error may be another than here.
function property(error: unknown, name: "code" | "errcode"): unknown {
  if (typeof error !== "object" || error === null) return undefined;
  return Object.getOwnPropertyDescriptor(error, name)?.value;
}
