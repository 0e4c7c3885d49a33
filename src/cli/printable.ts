// Texts from elsewhere, made safe for a terminal.

/** The text without control characters, which could move the cursor, recolour or retitle the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (control) =>
    control === "\n" || control === "\t" ? " " : "\ufffd",
  );
}
