// YAML whose mistakes are told by line and column only: the text around them may be a secret.
import { type Document, LineCounter, parseDocument, type YAMLError } from "yaml";

/** What a text holds, or why it holds nothing. */
export type Parsed = { readonly value: unknown } | { readonly reason: string };

/**
 * "failsafe" leaves every scalar the text it is, so that 0123 and 1e5 stay what somebody wrote; "core" has numbers,
 * booleans and null.
 */
export function parseYaml(text: string, schema: "failsafe" | "core"): Parsed {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { schema, lineCounter, prettyErrors: false });
  // A tag that is unknown is only a warning to the parser; here it would change the meaning of a setting.
  const mistake = document.errors[0] ?? document.warnings[0];
  return mistake === undefined ? valueOf(document) : { reason: place(mistake, lineCounter) };
}

function valueOf(document: Document.Parsed): Parsed {
  try {
    return { value: document.toJS() as unknown };
  } catch {
    return { reason: "has aliases that refer to nothing, or too many of them" };
  }
}

function place({ code, pos }: YAMLError, lines: LineCounter): string {
  const { line, col } = lines.linePos(pos[0]);
  const kind = code.toLowerCase().replaceAll("_", " ");
  return `is no YAML at line ${line}, column ${col} (${kind})`;
}

/** The entries of a mapping; undefined for anything else. */
export function mappingOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return new Map(Object.entries(value));
}
