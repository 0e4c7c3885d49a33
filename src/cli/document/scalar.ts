// Converts single values by the type that the field wants, not by how they happen to be written.
import { type DescEnum, ScalarType } from "@bufbuild/protobuf";
import { enumNumber, enumWords } from "../naming.ts";
import type { ScalarSource } from "./source.ts";

/** A value that does not fit its field. The message continues "<path>: ", for example "must be a whole number". */
export class ConversionError extends Error {
  override readonly name = "ConversionError";
}

type Converter = (source: ScalarSource) => unknown;

const int32: Converter = (source) => Number(whole(source, -(2n ** 31n), 2n ** 31n - 1n));
const uint32: Converter = (source) => Number(whole(source, 0n, 2n ** 32n - 1n));
const int64: Converter = (source) => whole(source, -(2n ** 63n), 2n ** 63n - 1n);
const uint64: Converter = (source) => whole(source, 0n, 2n ** 64n - 1n);

const converters: Readonly<Record<ScalarType, Converter>> = {
  [ScalarType.STRING]: ({ text }) => text,
  [ScalarType.BOOL]: bool,
  [ScalarType.BYTES]: bytes,
  [ScalarType.DOUBLE]: float,
  [ScalarType.FLOAT]: float,
  [ScalarType.INT32]: int32,
  [ScalarType.SINT32]: int32,
  [ScalarType.SFIXED32]: int32,
  [ScalarType.UINT32]: uint32,
  [ScalarType.FIXED32]: uint32,
  [ScalarType.INT64]: int64,
  [ScalarType.SINT64]: int64,
  [ScalarType.SFIXED64]: int64,
  [ScalarType.UINT64]: uint64,
  [ScalarType.FIXED64]: uint64,
};

/** The value of a scalar field. 64-bit integers are exact. Throws ConversionError if the value does not fit. */
export function toScalar(type: ScalarType, source: ScalarSource): unknown {
  return converters[type](source);
}

/** The number of an enum value, from its short or full name. Throws ConversionError, which lists the names. */
export function toEnum(desc: DescEnum, { text }: ScalarSource): number {
  const number = enumNumber(desc, text);
  if (number !== undefined) return number;
  throw new ConversionError(`must be one of ${enumWords(desc).join(", ")}, is ${quote(text)}`);
}

function whole(source: ScalarSource, least: bigint, most: bigint): bigint {
  const value = bigintOf(source);
  if (value === undefined)
    throw new ConversionError(`must be a whole number, is ${quote(source.text)}`);
  if (value >= least && value <= most) return value;
  throw new ConversionError(`must be from ${least} to ${most}, is ${value}`);
}

function bigintOf({ value }: ScalarSource): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === "string" && /^[+-]?\d+$/.test(value)) return BigInt(value.replace("+", ""));
  return undefined;
}

function bool({ text, value }: ScalarSource): boolean {
  if (typeof value === "boolean") return value;
  if (text === "true" || text === "false") return text === "true";
  throw new ConversionError(`must be true or false, is ${quote(text)}`);
}

function float({ text, value }: ScalarSource): number {
  const number = typeof value === "number" ? value : Number(text);
  if (text.trim() !== "" && !Number.isNaN(number)) return number;
  throw new ConversionError(`must be a number, is ${quote(text)}`);
}

function bytes({ text }: ScalarSource): Uint8Array {
  const data = Buffer.from(text, "base64");
  if (data.toString("base64").replace(/=+$/, "") === text.replace(/=+$/, "")) return data;
  throw new ConversionError("must be base64");
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
