// The codes by which Node tells its errors apart.

/** "ENOENT", "EEXIST", "ERR_…"; undefined if the error has none. Asks for the property: the class may differ by realm. */
export function systemErrorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
