// Requests as the audit may keep them: JSON without secrets, of bounded size.
import {
  clone,
  type DescField,
  type DescMessage,
  getOption,
  type JsonObject,
  type JsonValue,
  type Message,
  toJson,
} from "@bufbuild/protobuf";
import {
  isReflectList,
  isReflectMap,
  isReflectMessage,
  type ReflectMessage,
  reflect,
} from "@bufbuild/protobuf/reflect";
import { secret } from "../../gen/metal/rbac/v1/rbac_pb.ts";
import { shortened } from "./shorten.ts";

const mask = "***";

/** `message` as JSON, every field marked secret masked, and everything long cut if it is too large to keep. */
export function redacted(schema: DescMessage, message: Message): JsonObject {
  const shown = holdsSecret(schema) ? withoutSecrets(schema, message) : message;
  return shortened(jsonOf(schema, shown));
}

/** What JSON has no form for, as a moment after the year 9999, is kept as what it is made of: no call goes unrecorded by it. */
function jsonOf(schema: DescMessage, message: Message): JsonObject {
  try {
    return toJson(schema, message) as JsonObject;
  } catch {
    return plain(reflect(schema, message));
  }
}

function plain(message: ReflectMessage): JsonObject {
  const set = message.fields.filter((field) => message.isSet(field));
  return Object.fromEntries(set.map((field) => [field.jsonName, plainValue(message.get(field))]));
}

function plainValue(value: unknown): JsonValue {
  if (isReflectMessage(value)) return plain(value);
  if (isReflectList(value)) return Array.from(value, plainValue);
  if (isReflectMap(value))
    return Object.fromEntries(Array.from(value, ([key, each]) => [String(key), plainValue(each)]));
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return typeof value === "boolean" ? value : String(value);
}

/** A copy of `message` whose secret fields are masked, or cleared where a mask is no value of their type. */
export function withoutSecrets(schema: DescMessage, message: Message): Message {
  const copy = clone(schema, message);
  maskIn(reflect(schema, copy));
  return copy;
}

const isSecret = (field: DescField) => getOption(field, secret);

function maskIn(message: ReflectMessage): void {
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    if (isSecret(field)) maskField(message, field);
    else if (holdsSecretBelow(field)) eachMessage(message, field, maskIn);
  }
}

function maskField(message: ReflectMessage, field: DescField): void {
  const isText = field.fieldKind === "scalar" && typeof message.get(field) === "string";
  if (isText) message.set(field, mask);
  else message.clear(field);
}

function eachMessage(
  message: ReflectMessage,
  field: DescField,
  visit: (inner: ReflectMessage) => void,
): void {
  if (field.fieldKind === "message") return visit(message.get(field));
  if (field.fieldKind === "list")
    for (const item of message.get(field)) visit(item as ReflectMessage);
  if (field.fieldKind === "map")
    for (const [, item] of message.get(field)) visit(item as ReflectMessage);
}

const holders = new Map<DescMessage, boolean>();

/** True if a message of this type can hold a secret, at any depth. Looked up once for each type. */
export function holdsSecret(schema: DescMessage): boolean {
  const known = holders.get(schema);
  if (known !== undefined) return known;
  holders.set(schema, false); // A type that contains itself adds nothing to the answer.
  const answer = schema.fields.some((field) => isSecret(field) || holdsSecretBelow(field));
  holders.set(schema, answer);
  return answer;
}

const holdsSecretBelow = (field: DescField): boolean =>
  field.message !== undefined && holdsSecret(field.message);
