// Reads settings that a person wrote: takes what is right and notes everything that is wrong, by its place.

/** Turns a value into what it means. Throws WrongValue if it means nothing. */
export type Reader<T> = (value: unknown) => T;

/** Why a value is wrong, as the end of a sentence that begins with its place. */
export class WrongValue extends Error {}

/** The members of one map of settings. */
export class Fields {
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #isMap: boolean;
  readonly #place: string;
  readonly #problems: string[];

  /** Notes in `problems` if `value` is not a map or has members other than `known`. `place` is its name for people. */
  constructor(value: unknown, known: readonly string[], { place, problems }: Place) {
    this.#place = place;
    this.#problems = problems;
    this.#values = new Map(isMap(value) ? Object.entries(value) : []);
    this.#isMap = isMap(value);
    if (!this.#isMap) problems.push(`${place} must be a map`);
    for (const key of this.#values.keys())
      if (!known.includes(key))
        problems.push(`${this.at(key)} is not a setting; known are ${known.join(", ")}`);
  }

  /** The place of a member, for people. */
  at(key: string): string {
    return `${this.#place}.${key}`;
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  /** The member's raw value. */
  raw(key: string): unknown {
    return this.#values.get(key);
  }

  /** What the member means; undefined if it is absent or wrong, which is noted. */
  optional<T>(key: string, read: Reader<T>): T | undefined {
    if (!this.#values.has(key)) return undefined;
    try {
      return read(this.#values.get(key));
    } catch (error) {
      if (!(error instanceof WrongValue)) throw error;
      this.#problems.push(`${this.at(key)} ${error.message}`);
      return undefined;
    }
  }

  /** Like `optional`, but absence is noted too. */
  required<T>(key: string, read: Reader<T>): T | undefined {
    if (this.#isMap && !this.#values.has(key)) this.#problems.push(`${this.at(key)} is missing`);
    return this.optional(key, read);
  }
}

/** Where settings stand, and where what is wrong with them is noted. */
export interface Place {
  readonly place: string;
  readonly problems: string[];
}

/** A text that is not empty. */
export const text: Reader<string> = (value) => {
  if (typeof value === "string" && value !== "") return value;
  throw new WrongValue("must be a text that is not empty");
};

/** A list of at least one text. */
export const texts: Reader<readonly string[]> = (value) => {
  if (Array.isArray(value) && value.length > 0) return value.map(text);
  throw new WrongValue("must be a list of texts that is not empty");
};

/** One text or a list of them. */
export const textOrTexts: Reader<readonly string[]> = (value) =>
  typeof value === "string" ? [text(value)] : texts(value);

/** One of `choices`. */
export function oneOf<T extends string>(choices: readonly T[]): Reader<T> {
  return (value) => {
    const choice = choices.find((each) => each === value);
    if (choice !== undefined) return choice;
    throw new WrongValue(`must be one of ${choices.join(", ")}, not ${JSON.stringify(value)}`);
  };
}

/** A list of at least one of `choices`. */
export function someOf<T extends string>(choices: readonly T[]): Reader<readonly T[]> {
  return (value) => texts(value).map(oneOf(choices));
}

/** A map of at least one entry from a text to what `read` makes of its value. */
export function mapOf<T>(read: Reader<T>): Reader<ReadonlyMap<string, T>> {
  return (value) => {
    const entries = isMap(value) ? Object.entries(value) : [];
    if (entries.length === 0) throw new WrongValue("must be a map that is not empty");
    return new Map(entries.map(([key, each]) => [text(key), read(each)]));
  };
}

const unitSeconds: ReadonlyMap<string, number> = new Map([
  ["s", 1],
  ["m", 60],
  ["h", 3600],
]);

/** A duration such as "90s", "15m" or "24h", from one second up, in seconds. */
export const duration: Reader<number> = (value) => {
  const [, amount, unit = ""] = /^([1-9]\d{0,5})([smh])$/.exec(String(value)) ?? [];
  const seconds = Number(amount) * (unitSeconds.get(unit) ?? Number.NaN);
  if (seconds > 0) return seconds;
  throw new WrongValue(`must be a duration such as 90s, 15m or 24h, not ${JSON.stringify(value)}`);
};

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
