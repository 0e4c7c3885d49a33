// Writes plain data as YAML or JSON. Integers of any size are written exactly.
import { stringify } from "yaml";
import type { Plain } from "./encode.ts";

/** One YAML document, without separators; texts that older YAML readers would take for something else are quoted. */
export function yamlText(value: Plain): string {
  return stringify(value, {
    compat: "yaml-1.1",
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
}

/** Several YAML documents, separated by `---`. */
export function yamlDocuments(values: readonly Plain[]): string {
  return values.map((value) => `---\n${yamlText(value)}`).join("");
}

/** JSON, indented by two blanks, with a line break at the end. */
export function jsonText(value: Plain): string {
  return `${jsonLines(value, "")}\n`;
}

function jsonLines(value: Plain, indent: string): string {
  const inner = `${indent}  `;
  if (Array.isArray(value))
    return block(
      value.map((item: Plain) => `${inner}${jsonLines(item, inner)}`),
      "[]",
      indent,
    );
  if (typeof value === "object" && value !== null) {
    const lines = Object.entries(value).map(
      ([key, item]) => `${inner}${JSON.stringify(key)}: ${jsonLines(item, inner)}`,
    );
    return block(lines, "{}", indent);
  }
  return typeof value === "bigint" ? value.toString() : JSON.stringify(value);
}

function block(lines: readonly string[], brackets: "[]" | "{}", indent: string): string {
  if (lines.length === 0) return brackets;
  return `${brackets.charAt(0)}\n${lines.join(",\n")}\n${indent}${brackets.charAt(1)}`;
}
