// JSON from outsiders, read strictly: valid UTF-8, an object, no member twice, bounded depth. Two readers that
// resolve a repeated member differently see two different tokens (RFC 8259, section 4); we see none.

/** A JSON value as JSON.parse makes it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. Read its members with `member`, never by index: names come from outsiders. */
export interface JsonObject {
  readonly [name: string]: Json;
}

/** Deepest nesting that is read; real tokens and key sets need about four levels. */
export const maximumDepth = 32;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const pieces = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}[\]]/g;
const prototypeNames: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** The object that `bytes` spell, or undefined if they are not strict JSON or not an object. */
export function parseObject(bytes: Uint8Array): JsonObject | undefined {
  const text = decode(bytes);
  const value = text === undefined ? undefined : parse(text);
  if (text === undefined || !isObject(value) || !isStrict(text)) return undefined;
  return value;
}

/** True for a JSON object, false for arrays, null and everything else. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object's own member, or undefined. Names that mean something to JavaScript's prototypes are never members. */
export function member(object: JsonObject, name: string): Json | undefined {
  if (prototypeNames.has(name) || !Object.hasOwn(object, name)) return undefined;
  return object[name];
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function parse(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** `text` must be valid JSON; then these pieces are all that matters for depth and names. */
function isStrict(text: string): boolean {
  const open: Set<string>[] = [];
  for (const [piece, quoted, colon] of text.matchAll(pieces)) {
    if (piece === "{" || piece === "[") open.push(new Set());
    if (piece === "}" || piece === "]") open.pop();
    if (open.length > maximumDepth) return false;
    if (quoted !== undefined && colon !== undefined && !isNew(open.at(-1), quoted)) return false;
  }
  return true;
}

function isNew(names: Set<string> | undefined, quoted: string): boolean {
  const name: string = JSON.parse(quoted);
  if (names === undefined || names.has(name)) return false;
  names.add(name);
  return true;
}
