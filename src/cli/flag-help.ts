// The help of a flag: its type and range, as the proto has them.
import { type DescField, getOption, hasOption, ScalarType } from "@bufbuild/protobuf";
import { field as fieldRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { enumWords } from "./naming.ts";

/** What stands for the value in the synopsis: "<text>", "<a,b>"; empty for a truth value. */
export function placeholder(field: DescField): string {
  if (field.fieldKind === "map") return "<key=value,...>";
  if (field.fieldKind === "list") return field.message ? "<item>" : "<a,b,...>";
  return placeholders[typeOf(field)] ?? "<value>";
}

/** The type and range of a flag: "whole number, 0 to 1000", "one of preview, supported, deprecated". */
export function flagHelp(field: DescField): string {
  const words = [typeHelp(field), rangeHelp(field)].filter((text) => text !== "");
  return words.join(", ");
}

type Type =
  | "text"
  | "truth"
  | "number"
  | "fraction"
  | "bytes"
  | "word"
  | "time"
  | "duration"
  | "yaml";

const placeholders: Readonly<Record<Type, string>> = {
  text: "<text>",
  truth: "",
  number: "<number>",
  fraction: "<number>",
  bytes: "<base64>",
  word: "<word>",
  time: "<time>",
  duration: "<duration>",
  yaml: "<yaml>",
};

const helps: Readonly<Record<Type, string>> = {
  text: "text",
  truth: "",
  number: "whole number",
  fraction: "number",
  bytes: "base64",
  word: "",
  time: 'a time like 2026-01-15T10:00:00Z, "1h" for an hour ago or "+1h" for in an hour',
  duration: "a duration like 90s or 1h30m",
  yaml: "YAML",
};

const scalarTypes: Readonly<Partial<Record<ScalarType, Type>>> = {
  [ScalarType.STRING]: "text",
  [ScalarType.BOOL]: "truth",
  [ScalarType.BYTES]: "bytes",
  [ScalarType.DOUBLE]: "fraction",
  [ScalarType.FLOAT]: "fraction",
};

const messageTypes: Readonly<Record<string, Type>> = {
  "google.protobuf.Timestamp": "time",
  "google.protobuf.Duration": "duration",
};

function typeOf({ scalar, enum: words, message }: DescField): Type {
  if (message) return messageTypes[message.typeName] ?? "yaml";
  if (words) return "word";
  return (scalar !== undefined && scalarTypes[scalar]) || "number";
}

function typeHelp(field: DescField): string {
  if (field.fieldKind === "map") return "comma separated or repeated";
  if (field.fieldKind !== "list") return elementHelp(field);
  if (field.message) return itemHelp(field);
  return `${elementHelp(field)}, comma separated or repeated`;
}

function elementHelp(field: DescField): string {
  return field.enum ? `one of ${enumWords(field.enum).join(", ")}` : helps[typeOf(field)];
}

function itemHelp({ message }: DescField): string {
  const names = message?.fields.map(({ name }) => name) ?? [];
  if (names.length === 1) return `${names[0]}, comma separated or repeated`;
  return `${names.map((name) => `${name}=...`).join(",")}; repeat for more`;
}

interface Range {
  readonly least?: number | bigint;
  readonly most?: number | bigint;
}

function rangeHelp(field: DescField): string {
  if (!hasOption(field, fieldRules)) return "";
  const { type } = getOption(field, fieldRules);
  if (type.case === "string" && type.value.maxLen > 0n)
    return `at most ${type.value.maxLen} characters`;
  if (type.case === "int32" || type.case === "int64" || type.case === "uint32") {
    const { greaterThan, lessThan } = type.value;
    return rangeText({
      ...(greaterThan.case === "gte" && { least: greaterThan.value }),
      ...(lessThan.case === "lte" && { most: lessThan.value }),
    });
  }
  return "";
}

function rangeText({ least, most }: Range): string {
  if (least !== undefined && most !== undefined) return `${least} to ${most}`;
  if (least !== undefined) return `at least ${least}`;
  return most === undefined ? "" : `at most ${most}`;
}
