// The users of the HMAC scheme by their type: those that never change, and those that are replaced while the server runs.
// Whose key goes, or changes what it is good for, is told at once: running streams end.
import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import type { Principal } from "../rbac/principal.ts";
import { Role } from "../rbac/role.ts";
import { type HmacPrincipalOptions, hmacPrincipal } from "./hmac-principal.ts";
import { type HmacKey, type HmacUser, typeAliases } from "./hmac-user.ts";

/** A key, ready to be compared with. */
export interface Key {
  readonly secret: KeyObject;
  readonly notAfterMs: number;
  readonly principal: Principal;
}

/** A user, ready to sign in. */
export interface Entry {
  readonly type: string;
  readonly windowSeconds: number;
  readonly keys: readonly Key[];
}

/** Who may sign in at the moment. */
export interface HmacDirectory {
  /** The user of a type, exactly as sent. */
  find(type: string): Entry | undefined;
  /**
   * Puts these users in the place of those of the last time; the users that the directory was made with stay, and keep
   * their names and types against others. Revokes the keys that are gone or have ended. Throws for a window out of range.
   */
  replace(users: readonly HmacUser[]): void;
}

export interface DirectoryOptions extends HmacPrincipalOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** How far ahead of ours a client's clock may be, whatever the window. */
export const maxClockLeadSeconds = 30;
const maxWindowSeconds = 300;

/** A directory with these users. Throws if two of them share a type or a window is out of range. */
export function createHmacDirectory(
  users: readonly HmacUser[],
  options: DirectoryOptions = {},
): HmacDirectory {
  return new Directory(users, options);
}

class Directory implements HmacDirectory {
  readonly #options: DirectoryOptions;
  readonly #names: ReadonlySet<string>;
  readonly #fixed: ReadonlyMap<string, Entry>;
  #replaceable: ReadonlyMap<string, Entry> = new Map();
  /** What revokes each key of the replaceable users, by everything that the key is good for. */
  #revokers: ReadonlyMap<string, AbortController> = new Map();

  constructor(users: readonly HmacUser[], options: DirectoryOptions) {
    this.#options = options;
    this.#names = new Set(users.map(({ name }) => name));
    this.#fixed = compile(users, options);
  }

  find(type: string): Entry | undefined {
    return this.#fixed.get(type) ?? this.#replaceable.get(type);
  }

  replace(users: readonly HmacUser[]): void {
    const welcome = users.filter(
      ({ name, type }) => !this.#names.has(name) && !this.#fixed.has(type),
    );
    const revokers = new Map<string, AbortController>();
    const entries = new Map<string, Entry>();
    for (const user of welcome) entries.set(user.type, this.#entry(user, revokers));
    const gone = [...this.#revokers].filter(([meaning]) => !revokers.has(meaning));
    [this.#replaceable, this.#revokers] = [entries, revokers];
    for (const [, revoker] of gone) revoker.abort();
  }

  /** A key that has ended keeps no revoker, which revokes it for the streams that it opened. */
  #entry(user: HmacUser, revokers: Map<string, AbortController>): Entry {
    const nowMs = (this.#options.now ?? Date.now)();
    return compileUser(user, (key) => {
      if (endOf(key) <= nowMs) return this.#options;
      const meaning = meaningOf(user, key);
      const revoker = this.#revokers.get(meaning) ?? new AbortController();
      revokers.set(meaning, revoker);
      return { ...this.#options, revoked: revoker.signal };
    });
  }
}

/** What a key is good for, its end aside: when that comes closer, streams go on until it comes. */
function meaningOf({ name, type, role, component, procedures }: HmacUser, key: HmacKey): string {
  const limits = procedures && [...procedures].sort();
  return JSON.stringify([name, type, role, component, limits, key.id, key.secret]);
}

const endOf = ({ notAfter }: HmacKey) => notAfter?.getTime() ?? Number.POSITIVE_INFINITY;

function compile(
  users: readonly HmacUser[],
  options: HmacPrincipalOptions,
): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const user of users) {
    if (entries.has(user.type)) throw new Error(`two HMAC users have the type "${user.type}"`);
    const entry = compileUser(user, () => options);
    if (entry.keys.length > 0) entries.set(user.type, entry);
  }
  for (const [alias, type] of typeAliases) addAlias(entries, alias, type);
  return entries;
}

function addAlias(entries: Map<string, Entry>, alias: string, type: string): void {
  const entry = entries.get(type);
  if (entry !== undefined && !entries.has(alias)) entries.set(alias, entry);
}

type OptionsOf = (key: HmacKey) => HmacPrincipalOptions & Pick<Principal, "revoked">;

function compileUser(user: HmacUser, optionsOf: OptionsOf): Entry {
  const { windowSeconds } = user;
  if (!Number.isInteger(windowSeconds) || windowSeconds < 1 || windowSeconds > maxWindowSeconds)
    throw new Error(`the window of "${user.name}" must be 1 to ${maxWindowSeconds} seconds`);
  const keys = user.keys
    .filter((key) => key.secret !== "")
    .map((key) => ({
      secret: createSecretKey(key.secret, "utf8"),
      notAfterMs: endOf(key),
      principal: hmacPrincipal(user, key, optionsOf(key)),
    }));
  return { type: user.type, windowSeconds, keys };
}

/** Stands in for unknown types; nobody knows its key. */
export function nobody(): Entry {
  const keys = [{ id: "none", secret: randomBytes(32).toString("hex") }];
  const user = { name: "nobody", type: "", role: Role.UNSPECIFIED, keys };
  return compileUser({ ...user, windowSeconds: maxClockLeadSeconds }, () => ({}));
}
