// What a person wrote, before it is known which message it stands for. Files and flags both become this.

/** A single value. `text` is what was written, so that `1.10` for a text field stays "1.10". */
export interface ScalarSource {
  readonly kind: "scalar";
  readonly text: string;
  readonly value: string | number | bigint | boolean;
}

/** Several values. */
export interface ListSource {
  readonly kind: "list";
  readonly items: readonly Source[];
}

/** Named values. */
export interface MapSource {
  readonly kind: "map";
  readonly entries: readonly (readonly [string, Source])[];
}

/** Null: the same as not being there. */
export interface NullSource {
  readonly kind: "null";
}

/** Anything that was written. */
export type Source = ScalarSource | ListSource | MapSource | NullSource;

/** A value that means no more than its text. */
export function scalar(text: string): ScalarSource {
  return { kind: "scalar", text, value: text };
}

/** Plain data, as JSON has it; whole numbers become doubles. */
export function plainSource(source: Source): JsonLike {
  if (source.kind === "null") return null;
  if (source.kind === "list") return source.items.map(plainSource);
  if (source.kind === "map")
    return Object.fromEntries(source.entries.map(([key, value]) => [key, plainSource(value)]));
  return typeof source.value === "bigint" ? Number(source.value) : source.value;
}

/** What JSON can say. */
export type JsonLike = null | string | number | boolean | JsonLike[] | { [key: string]: JsonLike };
