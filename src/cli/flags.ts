// Fields of a request as flags: their names, and which there are.
import type { DescField, DescMethod } from "@bufbuild/protobuf";
import { kebab } from "./naming.ts";
import { serverSet } from "./patch.ts";
import { idPath, isMeta, lockPath } from "./resource.ts";
import { isNested, type MessageField, requestShape } from "./shape.ts";

/** A field that can be given as `--name`. */
export interface Flag {
  /** Without the dashes: "boot-config-image-url". */
  readonly name: string;
  /** Proto path from the request: "partition.boot_config.image_url". */
  readonly path: string;
  readonly field: DescField;
}

/** What was given on the command line: texts for each occurrence, or a truth value. */
export type FlagValue = readonly string[] | boolean;

/** Messages deeper than this have no flags; files reach everything. */
const maxDepth = 3;

/** Words that mean something to every command. A field of that name is offered as `--request-<name>`. */
const reservedFlags: ReadonlySet<string> = new Set([
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

/**
 * The flags of a method, in the proto's order. Nested messages give nested names; what the server sets gives none. An
 * update takes the id as its argument, and a creation has no version.
 */
export function flagsOf(method: DescMethod): Flag[] {
  const { entity, fields } = requestShape(method);
  const own = entity ? entityFlags(entity, method) : [];
  const taken = new Set(own.map(({ name }) => name));
  const others = nestedFlags(fields, { words: [], path: [] });
  return [...own, ...others.map((flag) => (taken.has(flag.name) ? renamed(flag) : flag))];
}

function entityFlags({ name, message }: MessageField, method: DescMethod): Flag[] {
  const settled = isUpdate(method) ? idPath(message) : lockPath(message);
  const flags = nestedFlags(message.fields, { words: [], path: [name] });
  return flags.filter(({ path }) => path !== `${name}.${settled}`);
}

/** True for a method that changes what is there already. */
export function isUpdate({ name }: DescMethod): boolean {
  return name.startsWith("Update");
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
  if (isNested(field))
    return words.length > maxDepth ? [] : nestedFlags(field.message.fields, { words, path });
  const flag = { name: words.join("-"), path: path.join("."), field };
  return [reservedFlags.has(flag.name) ? renamed(flag) : flag];
}

function renamed(flag: Flag): Flag {
  return { ...flag, name: `request-${flag.name}` };
}
