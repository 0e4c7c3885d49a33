// Headers as Node has them, behind the interface that Connect and its interceptors know: nothing is copied on the way
// in or out, and most of what a request brings along is never looked at.
import type { OutgoingHttpHeaders } from "node:http";

/** Lines by their name in lower case; several that cannot be joined as a list. Pseudo-headers are passed over. */
export type Lines = Record<string, string | string[] | undefined>;

/** A token (RFC 9110, section 5.6.2). */
const nameForm = /^[\w!#$%&'*+.^`|~-]+$/;
/** One byte for each character, and none that ends a line (RFC 9110, section 5.5). */
// oxlint-disable-next-line no-control-regex
const valueForm = /^[\u0001-\u0009\u000b\u000c\u000e-\u00ff]*$/;
/** What most values are. */
const plain = /^[\x21-\x7e]+$/;
const surroundings = /^[\t\n\r ]+|[\t\n\r ]+$/g;
const cookieLines = "set-cookie";

/** Headers over an object of Node's, which is theirs from then on. What has no place in HTTP throws TypeError. */
export class NodeHeaders implements Headers {
  readonly #lines: Lines;
  /** In the order of their names; undefined until somebody wants to know, and after every change. */
  #list: readonly [string, string][] | undefined;

  constructor(lines: Lines) {
    this.#lines = lines;
  }

  get(name: string): string | null {
    const line = this.#lineOf(name.toLowerCase());
    if (line === undefined) return null;
    return typeof line === "string" ? line : line.join(", ");
  }

  has(name: string): boolean {
    return this.#lineOf(name.toLowerCase()) !== undefined;
  }

  getSetCookie(): string[] {
    return [this.#lineOf(cookieLines) ?? []].flat();
  }

  set(name: string, value: string): void {
    this.#lines[nameOf(name)] = valueOf(value);
    this.#list = undefined;
  }

  append(name: string, value: string): void {
    const key = nameOf(name);
    const text = valueOf(value);
    const before = this.get(key);
    if (key === cookieLines) this.#lines[key] = [...this.getSetCookie(), text];
    else if (before === null) this.#lines[key] = text;
    else this.#lines[key] = `${before}${key === "cookie" ? ";" : ","} ${text}`;
    this.#list = undefined;
  }

  delete(name: string): void {
    delete this.#lines[name.toLowerCase()];
    this.#list = undefined;
  }

  forEach(tell: (value: string, name: string, headers: NodeHeaders) => void, self?: unknown): void {
    for (const [name, value] of this) tell.call(self, value, name, this);
  }

  *keys(): Generator<string> {
    for (const [name] of this) yield name;
  }

  *values(): Generator<string> {
    for (const [, value] of this) yield value;
  }

  /** By their place in the list as it is at each step, as the Fetch standard has it. */
  *entries(): Generator<[string, string]> {
    for (let at = 0; ; at += 1) {
      this.#list ??= this.#listed();
      const entry = this.#list[at];
      if (entry === undefined) return;
      yield entry;
    }
  }

  [Symbol.iterator](): Generator<[string, string]> {
    return this.entries();
  }

  /** As they are sent: in the order of their names. */
  toNode(): OutgoingHttpHeaders {
    const sent: OutgoingHttpHeaders = {};
    for (const name of this.#names()) sent[name] = this.#lines[name];
    return sent;
  }

  #listed(): [string, string][] {
    return this.#names().flatMap((name): [string, string][] => {
      if (name !== cookieLines) return [[name, this.get(name) ?? ""]];
      return this.getSetCookie().map((cookie) => [name, cookie]);
    });
  }

  #names(): string[] {
    return Object.keys(this.#lines)
      .filter((name) => this.#lineOf(name) !== undefined)
      .sort();
  }

  #lineOf(key: string): string | string[] | undefined {
    return Object.hasOwn(this.#lines, key) && !key.startsWith(":") ? this.#lines[key] : undefined;
  }
}

function nameOf(name: string): string {
  if (nameForm.test(name)) return name.toLowerCase();
  throw new TypeError(`"${name}" is no name of a header`);
}

function valueOf(value: string): string {
  const sent = String(value);
  if (plain.test(sent)) return sent;
  const text = sent.replaceAll(surroundings, "");
  if (valueForm.test(text)) return text;
  throw new TypeError("the value of a header has characters that HTTP has no place for");
}
