// Checks that turn the text of a setting into its value, or say what is wrong with it.

/** The value, or why there is none and what to write instead. */
export type Checked<T> =
  | { readonly value: T }
  | { readonly reason: string; readonly remedy: string };

/** Reads what was given. Most settings are given as text; those that exist only in the file, as YAML has them. */
export type Check<T> = (given: unknown) => Checked<T>;

/** Where to listen. Port 0 stands for any free one. */
export interface Address {
  /** A name or an IP address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

const wrong = (reason: string, remedy: string) => ({ reason, remedy });

/** Text with at least one character. The only check fit for secrets: it quotes nothing. */
export const someText: Check<string> = (given) => {
  if (typeof given !== "string") return wrong("is no text", "write a single value");
  return given === ""
    ? wrong("is empty", "write a value or leave the setting out")
    : { value: given };
};

/** Whatever YAML has; who uses it checks it. */
export const asWritten: Check<unknown> = (given) => ({ value: given });

const addressForm = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/;

/** "127.0.0.1:8080", "[::1]:8080", "localhost:0". */
export const address: Check<Address> = (given) => {
  const [, ipv6, name, digits] = addressForm.exec(String(given)) ?? [];
  const host = ipv6 ?? name;
  const port = Number(digits);
  if (host !== undefined && port <= 65_535) return { value: { host, port } };
  return wrong(`${quoted(given)} is no address`, "write HOST:PORT, as in 127.0.0.1:8080");
};

/** "true" or "false". */
export const yesOrNo: Check<boolean> = (given) => {
  if (given === "true" || given === "false") return { value: given === "true" };
  return wrong(`${quoted(given)} is neither true nor false`, "write true or false");
};

/** A whole number from `least` to `most`; `unit` is how people call it, as in "seconds". */
export const wholeNumber =
  (least: number, most: number, unit: string): Check<number> =>
  (given) => {
    const value = /^\d{1,15}$/.test(String(given)) ? Number(given) : Number.NaN;
    if (value >= least && value <= most) return { value };
    const remedy = `write a whole number of ${unit} from ${least} to ${most}`;
    return wrong(`${quoted(given)} is out of range`, remedy);
  };

/** One of a few words. */
export const oneOf =
  <Word extends string>(...words: readonly Word[]): Check<Word> =>
  (given) => {
    const value = words.find((word) => word === given);
    if (value !== undefined) return { value };
    return wrong(`${quoted(given)} is unknown`, `write one of ${words.join(", ")}`);
  };

/** What was given, on one line and not too long. */
export function quoted(given: unknown): string {
  const text = JSON.stringify(given) ?? String(given);
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
