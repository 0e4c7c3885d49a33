// Writes messages as plain data with the names that `decode` reads: json_name, short enum words, exact integers.
import { type DescField, type DescMessage, type Message, toJson } from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { isReflectMessage, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { hasCustomJsonRepresentation } from "@bufbuild/protobuf/wkt";
import { enumWord } from "../naming.ts";

/** Plain data; 64-bit integers are bigints. */
export type Plain =
  | null
  | string
  | number
  | bigint
  | boolean
  | readonly Plain[]
  | { readonly [key: string]: Plain };

/** A message as plain data. */
export type PlainMessage = { readonly [key: string]: Plain };

/**
 * The fields that are set, in the proto's order. A field without presence is left out when it has its zero value; an
 * `optional` one is written when it is set, also with zero.
 */
export function encode(desc: DescMessage, message: Message): PlainMessage {
  return plainMessage(reflect(desc, message));
}

function plainMessage(message: ReflectMessage): PlainMessage {
  const set = message.fields.filter((field) => message.isSet(field));
  return Object.fromEntries(set.map((field) => [field.jsonName, plainField(message, field)]));
}

function plainField(message: ReflectMessage, field: DescField): Plain {
  if (field.fieldKind === "list")
    return [...message.get(field)].map((item) => plainValue(field, item));
  if (field.fieldKind !== "map") return plainValue(field, message.get(field));
  const entries = [...message.get(field)].map(([key, item]): [string, Plain] => [
    String(key),
    plainValue(field, item),
  ]);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function plainValue(field: DescField, value: unknown): Plain {
  if (isReflectMessage(value)) return plainPart(value);
  if (field.enum) return enumWord(field.enum, Number(value));
  if (value instanceof Uint8Array) return base64Encode(value);
  return value as string | number | bigint | boolean;
}

function plainPart(message: ReflectMessage): Plain {
  if (!hasCustomJsonRepresentation(message.desc)) return plainMessage(message);
  return toJson(message.desc, message.message);
}
