// Prints plain data that is no message, where a document was asked for.
import type { Format } from "../style.ts";
import type { Plain } from "./encode.ts";
import { jsonText, yamlText } from "./text.ts";

/** `value` in the format; undefined for the formats that are tables. */
export function documentText(value: Plain, format: Format): string | undefined {
  if (format === "json") return jsonText(value);
  return format === "yaml" ? yamlText(value) : undefined;
}
