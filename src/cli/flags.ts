// Fields of a request as flags: their names, and which there are.
import type { DescField } from "@bufbuild/protobuf";
import { kebab } from "./naming.ts";
import { serverSet } from "./patch.ts";
import { isMeta } from "./resource.ts";
import { isNested } from "./shape.ts";

/** A field that can be given as `--name`. */
export interface Flag {
  /** Without the dashes: "boot-config-image-url". */
  readonly name: string;
  /** Proto path from the message that the flags describe: "boot_config.image_url". */
  readonly path: string;
  readonly field: DescField;
}

/** What was given on the command line: texts for each occurrence, or a truth value. */
export type FlagValue = readonly string[] | boolean;

/** Messages deeper than this have no flags; files reach everything. */
const maxDepth = 3;

/** Words that mean something to every command. A field of that name is offered as `--request-<name>`. */
export const reservedFlags: ReadonlySet<string> = new Set([
  "api-url",
  "token",
  "hmac",
  "hmac-auth-type",
  "context",
  "user",
  "output",
  "timeout",
  "help",
  "headers",
  "sort-by",
  "limit",
  "file",
  "yes",
  "dry-run",
]);

/** The flags for fields: nested messages give nested names; what the server sets gives none. */
export function flagsOf(fields: readonly DescField[]): Flag[] {
  return nestedFlags(fields, { words: [], path: [] });
}

interface Prefix {
  readonly words: readonly string[];
  readonly path: readonly string[];
}

function nestedFlags(fields: readonly DescField[], prefix: Prefix): Flag[] {
  return fields
    .filter(({ name }) => !serverSet.has(name))
    .flatMap((field) => flagsFor(field, prefix));
}

function flagsFor(field: DescField, prefix: Prefix): Flag[] {
  const path = [...prefix.path, field.name];
  const words = isMeta(field) ? prefix.words : [...prefix.words, kebab(field.name)];
  if (!isNested(field)) return [{ name: freeName(words.join("-")), path: path.join("."), field }];
  return path.length > maxDepth ? [] : nestedFlags(field.message.fields, { words, path });
}

function freeName(name: string): string {
  return reservedFlags.has(name) ? `request-${name}` : name;
}
