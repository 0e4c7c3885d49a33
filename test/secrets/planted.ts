// Messages with a marker in every secret field, and the search for it in whatever comes back.
import {
  type DescField,
  type DescMessage,
  getOption,
  type JsonValue,
  type Message,
  ScalarType,
  toJson,
} from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { secret } from "../../gen/metal/rbac/v1/rbac_pb.ts";
import { filled } from "../store/filled.ts";

/** What every planted secret contains, and nothing else. */
export const marker = "pl4nted-s3cret";

/** A message with a value in every field, and in every secret one, at any depth, the one given. */
export function planted(schema: DescMessage, value: string): Message {
  const message = filled(schema) as Message;
  plant(reflect(schema, message), value);
  return message;
}

/** Whether there is a secret to plant. */
export function holdsMarker(schema: DescMessage, message: Message): boolean {
  return JSON.stringify(toJson(schema, message)).includes(marker);
}

function plant(message: ReflectMessage, value: string): void {
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    if (isSecretText(field)) message.set(field, value);
    else if (field.fieldKind === "message") plant(message.get(field), value);
    else if (field.fieldKind === "list" && field.listKind === "message")
      for (const item of message.get(field)) plant(item as ReflectMessage, value);
    else if (field.fieldKind === "map" && field.mapKind === "message")
      for (const [, item] of message.get(field)) plant(item as ReflectMessage, value);
  }
}

const isSecretText = (field: DescField) =>
  getOption(field, secret) && field.fieldKind === "scalar" && field.scalar === ScalarType.STRING;

/** The same JSON with something else in the place of each secret: what no field of text takes. */
export function misshapen(json: JsonValue, shape: (text: string) => JsonValue): JsonValue {
  if (typeof json === "string") return json.includes(marker) ? shape(json) : json;
  if (Array.isArray(json)) return json.map((each) => misshapen(each, shape));
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([name, each]) => [name, misshapen(each, shape)]),
  );
}

/** What was seen somewhere, as text: bytes and base64 as what they stand for as well. */
export function textOf(seen: unknown): string {
  const text = typeof seen === "string" ? seen : JSON.stringify(seen, readable);
  const decoded = Array.from(text.matchAll(/[A-Za-z0-9+/_-]{12,}/g), ([part]) =>
    Buffer.from(part, "base64").toString("latin1"),
  );
  return [text, ...decoded].join("\n");
}

function readable(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}`;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  if (!(value instanceof Error)) return value;
  const { message, stack, cause } = value;
  return { ...Object.fromEntries(Object.entries(value)), message, stack, cause };
}
