// The HMAC users that the settings file lists under "users".
import type { HmacKey } from "../auth/hmac-user.ts";
import type { PlacedUser } from "../auth/key-rules.ts";
import { parseRfc3339 } from "../auth/rfc3339.ts";
import type { Report } from "../domain/problem.ts";
import type { Role } from "../rbac/role.ts";
import { type Check, quoted, someText } from "./check.ts";
import { type ReadField, readFields, type Shape } from "./fields.ts";
import { componentName, label, role as roleWord } from "./identity.ts";
import { readKey } from "./key.ts";

/** The window of a user's signatures by its role, in seconds. */
export type WindowSeconds = (role: Role) => number;

const userShape: Shape = { required: ["name", "type", "role", "keys"], optional: ["component"] };
const keyShape: Shape = { required: [], optional: ["id", "key", "key-file", "not-after"] };

/** One live key, and a second while they are exchanged. */
const maxKeys = 2;

const wrong = (reason: string, remedy: string) => ({ reason, remedy });

/** Any text, also none: an empty key has a rule of its own. */
const text: Check<string> = (given) =>
  typeof given === "string" ? { value: given } : wrong("is no text", "write a single value");

const keyList: Check<readonly unknown[]> = (given) => {
  const list: readonly unknown[] = Array.isArray(given) ? given : [];
  const fits = list.length >= 1 && list.length <= maxKeys;
  return fits ? { value: list } : wrong("is no list of one or two keys", "write - {id, key}");
};

const moment: Check<Date> = (given) => {
  const seconds = typeof given === "string" ? parseRfc3339(given) : undefined;
  if (seconds !== undefined) return { value: new Date(seconds * 1000) };
  return wrong(`is ${quoted(given)}`, "write a time as in 2026-12-31T23:59:59Z");
};

/** The users of the list, without those that could not be read. */
export function readListedUsers(
  list: unknown,
  windowSeconds: WindowSeconds,
  report: Report,
): PlacedUser[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) {
    report({ setting: "users", reason: "is no list", remedy: "write - {name, type, role, keys}" });
    return [];
  }
  const values: readonly unknown[] = list;
  return values.flatMap((value, at) => {
    const read = readFields(`users[${at}]`, value, userShape, report);
    return read === undefined ? [] : readUser(`users[${at}]`, read, windowSeconds, report);
  });
}

function readUser(
  place: string,
  read: ReadField,
  windowSeconds: WindowSeconds,
  report: Report,
): PlacedUser[] {
  const name = read("name", label);
  const type = read("type", someText);
  const role = read("role", roleWord);
  const component = read("component", componentName);
  const placed = readKeys(`${place}.keys`, read("keys", keyList) ?? [], report);
  if (name === undefined || type === undefined || role === undefined) return [];
  const keys = placed.map(({ key }) => key);
  const rest = {
    windowSeconds: windowSeconds(role),
    ...(component !== undefined && { component }),
  };
  const keyPlaces = placed.map((key) => key.place);
  return [{ place, keyPlaces, user: { name, type, role, keys, ...rest } }];
}

interface PlacedKey {
  readonly place: string;
  readonly key: HmacKey;
}

function readKeys(place: string, list: readonly unknown[], report: Report): PlacedKey[] {
  const keys = list.flatMap((value, at) => {
    const read = readFields(`${place}[${at}]`, value, keyShape, report);
    return read === undefined ? [] : readListedKey(`${place}[${at}]`, at, read, report);
  });
  if (new Set(keys.map(({ key }) => key.id)).size < keys.length)
    report({ setting: place, reason: "has the same id twice", remedy: "give each key its own id" });
  return keys;
}

function readListedKey(place: string, at: number, read: ReadField, report: Report): PlacedKey[] {
  const [key, file] = [read("key", text), read("key-file", someText)];
  if (key === undefined && file === undefined)
    report({ setting: place, reason: "has no key", remedy: "add key: KEY or key-file: FILE" });
  const secret = readKey({ place: `${place}.key`, key, file }, report);
  const id = read("id", label) ?? `${at + 1}`;
  const notAfter = read("not-after", moment);
  if (secret === undefined) return [];
  return [{ place, key: { id, secret, ...(notAfter !== undefined && { notAfter }) } }];
}
