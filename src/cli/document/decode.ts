// Reads messages from what people write. Fields are known by the name of the YAML (the proto's json_name) and by the
// name of the proto; a field nobody knows is a problem and never ignored.
import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonValue,
  type Message,
} from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { hasCustomJsonRepresentation } from "@bufbuild/protobuf/wkt";
import { isNested } from "../shape.ts";
import { ConversionError, toEnum, toScalar } from "./scalar.ts";
import { plainSource, type Source } from "./source.ts";

/** What is wrong, and where: "bootconfig.kernalurl". The path is empty for the document itself. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** What was read. Use the message only if there are no problems. */
export interface Decoded {
  readonly message: Message;
  /** The fields that were given, by proto name ("boot_config.kernel_url"), also those given their zero value. */
  readonly given: readonly string[];
  readonly problems: readonly Problem[];
}

/** Where we are: the path that people see, the proto path (undefined inside of lists and maps), and what was found. */
interface Place {
  readonly path: string;
  readonly name: string | undefined;
  readonly given: string[];
  readonly problems: Problem[];
}

/** Reads one message. Never throws for what people can write; every problem is reported, not only the first. */
export function decode(desc: DescMessage, source: Source): Decoded {
  const place: Place = { path: "", name: "", given: [], problems: [] };
  const { message } = readMessage(desc, source, place);
  return { message, given: place.given, problems: place.problems };
}

/** A problem as a line: `bootconfig.kernalurl: no such field`. */
export function problemLine({ path, message }: Problem): string {
  return path === "" ? message : `${path}: ${message}`;
}

function readMessage(desc: DescMessage, source: Source, place: Place): ReflectMessage {
  const message = reflect(desc);
  if (source.kind !== "map") {
    place.problems.push({ path: place.path, message: "must be a mapping of fields" });
    return message;
  }
  for (const [key, value] of source.entries) readEntry(message, key, value, place);
  return message;
}

function readEntry(message: ReflectMessage, key: string, source: Source, place: Place): void {
  const field = message.fields.find(({ jsonName, name }) => jsonName === key || name === key);
  const here = below(place, key, field);
  if (field === undefined) here.problems.push({ path: here.path, message: "no such field" });
  if (field === undefined || source.kind === "null") return;
  const rival = field.oneof && message.oneofCase(field.oneof);
  if (rival) here.problems.push({ path: here.path, message: `excludes ${rival.jsonName}` });
  if (!isNested(field) && here.name !== undefined) here.given.push(here.name);
  guarded(here, () => readField(message, field, source, here));
}

function readField(message: ReflectMessage, field: DescField, source: Source, place: Place): void {
  if (field.fieldKind === "list") return readList(message, field, source, place);
  if (field.fieldKind === "map") return readMap(message, field, source, place);
  message.set(field, readValue(field, source, place));
}

function readList(
  message: ReflectMessage,
  field: DescField & { fieldKind: "list" },
  source: Source,
  place: Place,
): void {
  if (source.kind !== "list") throw new ConversionError("must be a list");
  const list = message.get(field);
  for (const [index, item] of source.items.entries()) {
    const here = { ...place, path: `${place.path}[${index}]`, name: undefined };
    guarded(here, () => list.add(readValue(field, item, here)));
  }
}

function readMap(
  message: ReflectMessage,
  field: DescField & { fieldKind: "map" },
  source: Source,
  place: Place,
): void {
  if (source.kind !== "map") throw new ConversionError("must be a mapping");
  const map = message.get(field);
  for (const [key, item] of source.entries) {
    const here = { ...place, path: `${place.path}.${key}`, name: undefined };
    const mapKey = { kind: "scalar", text: key, value: key } as const;
    guarded(here, () => map.set(toScalar(field.mapKey, mapKey), readValue(field, item, here)));
  }
}

function readValue(field: DescField, source: Source, place: Place): unknown {
  if (field.message) return readPart(field.message, source, place);
  if (source.kind !== "scalar") throw new ConversionError("must be a single value");
  return field.enum ? toEnum(field.enum, source) : toScalar(field.scalar, source);
}

function readPart(desc: DescMessage, source: Source, place: Place): ReflectMessage {
  if (!hasCustomJsonRepresentation(desc)) return readMessage(desc, source, place);
  const json = wellKnownJson(desc, source);
  try {
    return reflect(desc, fromJson(desc, json));
  } catch {
    throw new ConversionError(`must be ${wellKnownForms[desc.typeName] ?? `a ${desc.name}`}`);
  }
}

const wellKnownForms: Readonly<Record<string, string>> = {
  "google.protobuf.Timestamp": 'a time as in RFC 3339, for example "2026-01-15T10:00:00Z"',
  "google.protobuf.Duration": 'a duration in seconds, for example "90s"',
};

const textual: ReadonlySet<string> = new Set([
  "google.protobuf.Timestamp",
  "google.protobuf.Duration",
  "google.protobuf.FieldMask",
]);

function wellKnownJson(desc: DescMessage, source: Source): JsonValue {
  const isText = textual.has(desc.typeName) && source.kind === "scalar";
  return isText ? source.text : plainSource(source);
}

function below(place: Place, key: string, field: DescField | undefined): Place {
  const path = place.path === "" ? key : `${place.path}.${key}`;
  const prefix = place.name === "" ? "" : `${place.name}.`;
  const name = place.name === undefined || !field ? undefined : `${prefix}${field.name}`;
  return { ...place, path, name };
}

function guarded(place: Place, step: () => unknown): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
    place.problems.push({ path: place.path, message: error.message });
  }
}
