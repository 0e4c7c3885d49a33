// A line of an export, read without a schema: what a later version adds to records and seals is hashed as it stands.
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { type Leaf, recordHash, sealHash } from "./link.ts";

/** A record, and the hash that it has. */
export interface RecordLine extends Leaf {
  readonly kind: "record";
}

/** A seal. */
export interface SealLine {
  readonly kind: "seal";
  readonly number: number;
  readonly previous: string;
  /** What it says its hash is, and what it is. */
  readonly hash: string;
  readonly computed: string;
  readonly time: string;
  readonly count: number;
  readonly root: string;
  readonly forgotten: number;
  readonly horizon: string;
  /** In base64; empty without. */
  readonly signature: string;
  readonly leaves: readonly Leaf[];
}

/** What a line says; undefined if it is no line of an export. */
export function readLine(text: string): RecordLine | SealLine | undefined {
  const line = parsed(text);
  const [[kind, value] = [], ...others] = isObject(line) ? Object.entries(line) : [];
  if (value === undefined || !isObject(value) || others.length > 0) return undefined;
  if (kind === "record") return readRecord(value);
  return kind === "seal" ? readSeal(value) : undefined;
}

/** What is nested too deeply to be hashed is no export either. */
function readRecord(record: JsonObject): RecordLine | undefined {
  const { traceId } = record;
  if (typeof traceId !== "string") return undefined;
  return { kind: "record", traceId, hash: recordHash(record) };
}

function readSeal(seal: JsonObject): SealLine | undefined {
  const number = wholeNumber(seal["number"]);
  const { hash, leaves = [] } = seal;
  if (number === 0 || typeof hash !== "string" || !Array.isArray(leaves)) return undefined;
  return {
    kind: "seal",
    number,
    hash,
    computed: sealHash(seal),
    previous: text(seal["previous"]),
    time: text(seal["time"]),
    count: wholeNumber(seal["count"]),
    root: text(seal["root"]),
    forgotten: wholeNumber(seal["forgotten"]),
    horizon: text(seal["horizon"]),
    signature: text(seal["signature"]),
    leaves: leaves.map(leafOf),
  };
}

/** What is no leaf is no leaf of any record. */
function leafOf(value: JsonValue): Leaf {
  const { traceId, hash, ...others } = isObject(value) ? value : {};
  const isOne = Object.keys(others).length === 0;
  return isOne ? { traceId: text(traceId), hash: text(hash) } : { traceId: "", hash: "" };
}

const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");

/** 64-bit numbers are text in the JSON of protobuf. What is none is 0. */
function wholeNumber(value: JsonValue | undefined): number {
  const number = Number(value ?? 0);
  return Number.isSafeInteger(number) && number >= 0 ? number : 0;
}

/** Undefined also if a name is there twice: readers differ in which of the two they show, and the hash is of one. */
function parsed(line: string): JsonValue | undefined {
  try {
    const value = JSON.parse(line) as JsonValue;
    return namesIn(value) === namesWritten(line) ? value : undefined;
  } catch {
    return undefined;
  }
}

function namesIn(value: JsonValue): number {
  if (typeof value !== "object" || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce<number>((sum, each) => sum + namesIn(each), own);
}

/** A text in JSON, and the colon that makes it a name. */
const textOrName = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g;

function namesWritten(line: string): number {
  return Array.from(line.matchAll(textOrName)).filter(([, colon]) => colon !== undefined).length;
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
