// Text from a token that people will read: in answers, logs and the audit. It may not hide or reorder anything.

/** Longest label, in characters; what is longer ends in an ellipsis. */
export const maximumLabelLength = 128;

// Control, formatting (zero width, bidirectional), unassigned and lone surrogate characters; line and paragraph ends.
const invisible = /[\p{C}\p{Zl}\p{Zp}]/u;
const everyInvisible = new RegExp(invisible, "gu");

/** True if every character of `text` is one that a person sees, or a space. */
export function isPlain(text: string): boolean {
  return !invisible.test(text);
}

/** `text` with invisible characters spelled out, as in "\u{202e}", and shortened. */
export function label(text: string): string {
  const visible = text.slice(0, 2 * maximumLabelLength).replace(everyInvisible, spell);
  if (visible.length <= maximumLabelLength && text.length <= maximumLabelLength) return visible;
  return `${visible.slice(0, maximumLabelLength - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

function spell(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}
