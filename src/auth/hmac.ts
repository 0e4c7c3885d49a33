// metal-stack's HMAC scheme, as its clients send it, with what the signature leaves open closed on this side.
//
//   Authorization: <type> <hex HMAC-SHA256(key, date || method || salt)>
//   X-Date:        RFC 3339; signed as UTC in whole seconds
//   X-Data-Salt:   random, sent as it is signed
//
// The signature covers neither procedure nor message, so the first use binds it to both for as long as it is fresh.
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Principal } from "../rbac/principal.ts";
import { Role } from "../rbac/role.ts";
import { type Authenticator, CredentialError, type CredentialRequest } from "./authenticator.ts";
import { type HmacPrincipalOptions, hmacPrincipal } from "./hmac-principal.ts";
import { type HmacUser, typeAliases } from "./hmac-user.ts";
import { formatUtcSeconds } from "./rfc3339.ts";
import { signHmac } from "./sign-hmac.ts";
import { readSigned, type Signed } from "./signed-headers.ts";
import { createUsedSalts, type UsedSalts } from "./used-salts.ts";

export type { HmacKey, HmacUser } from "./hmac-user.ts";

/** Clock, memory and labels of the scheme. */
export interface HmacOptions extends HmacPrincipalOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Share one among replicas; by default it lives in this process. */
  readonly usedSalts?: UsedSalts;
}

/** How far ahead of ours a client's clock may be, whatever the window. */
const maxClockLeadSeconds = 30;
const maxWindowSeconds = 300;

/**
 * The HMAC scheme for these users. It claims every scheme but Bearer, so that an unknown type costs what a known one
 * costs. Throws if two users share a type or a window is out of range.
 */
export function createHmacAuthenticator(
  users: readonly HmacUser[],
  options: HmacOptions = {},
): Authenticator {
  const now = options.now ?? Date.now;
  const usedSalts = options.usedSalts ?? createUsedSalts({ now });
  return new HmacAuthenticator(compile(users, options), usedSalts, now);
}

interface Key {
  readonly secret: Buffer;
  readonly notAfterMs: number;
  readonly principal: Principal;
}

interface Entry {
  readonly type: string;
  readonly windowSeconds: number;
  readonly keys: readonly Key[];
}

class HmacAuthenticator implements Authenticator {
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #usedSalts: UsedSalts;
  readonly #now: () => number;
  /** Stands in for unknown types; nobody knows its key. */
  readonly #nobody: Entry;

  constructor(entries: ReadonlyMap<string, Entry>, usedSalts: UsedSalts, now: () => number) {
    this.#entries = entries;
    this.#usedSalts = usedSalts;
    this.#now = now;
    this.#nobody = nobody();
  }

  claims(scheme: string): boolean {
    return scheme.toLowerCase() !== "bearer";
  }

  async authenticate(request: CredentialRequest): Promise<Principal> {
    const signed = readSigned(request);
    const entry = this.#entries.get(signed.type) ?? this.#nobody;
    this.#requireFresh(signed, entry);
    const key = matchingKey(entry, signed);
    if (entry === this.#nobody) throw new CredentialError("unknown_type");
    if (key === undefined) throw new CredentialError("wrong_mac");
    if (this.#now() >= key.notAfterMs) throw new CredentialError("key_ended");
    await this.#bind(request, entry, signed);
    return key.principal;
  }

  /** Both bounds are written so that NaN fails them. */
  #requireFresh(signed: Signed, entry: Entry): void {
    const ageSeconds = this.#now() / 1000 - signed.epochSeconds;
    if (!(ageSeconds <= entry.windowSeconds)) throw new CredentialError("too_old");
    const lead = Math.min(entry.windowSeconds, maxClockLeadSeconds);
    if (!(-ageSeconds <= lead)) throw new CredentialError("in_the_future");
  }

  /** A second use is refused, but for a unary read that is sent again as it was: HTTP clients do that on their own. */
  async #bind(request: CredentialRequest, entry: Entry, signed: Signed): Promise<void> {
    const key = `${entry.type} ${signed.mac}`;
    const expiresAtMs = (signed.epochSeconds + entry.windowSeconds) * 1000;
    const binding = await this.#usedSalts.bind(key, request.procedure, expiresAtMs);
    const onMessage = request.read && request.kind === "unary" ? request.onMessage : undefined;
    if (binding === "different" || (binding === "same" && onMessage === undefined))
      throw new CredentialError("replayed");
    onMessage?.(async (digest) => {
      const message = await this.#usedSalts.bind(`${key} message`, digest, expiresAtMs);
      return message !== "different";
    });
  }
}

/** Compares every key, in constant time; the expected value never leaves this function. */
function matchingKey(entry: Entry, signed: Signed): Key | undefined {
  const presented = Buffer.from(signed.mac, "hex");
  const input = { ...signed, date: formatUtcSeconds(signed.epochSeconds) };
  const matching = entry.keys.filter((key) =>
    timingSafeEqual(signHmac(key.secret, input), presented),
  );
  return matching[0];
}

function compile(
  users: readonly HmacUser[],
  options: HmacPrincipalOptions,
): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const user of users) {
    if (entries.has(user.type)) throw new Error(`two HMAC users have the type "${user.type}"`);
    const entry = compileUser(user, options);
    if (entry.keys.length > 0) entries.set(user.type, entry);
  }
  for (const [alias, type] of typeAliases) addAlias(entries, alias, type);
  return entries;
}

function addAlias(entries: Map<string, Entry>, alias: string, type: string): void {
  const entry = entries.get(type);
  if (entry !== undefined && !entries.has(alias)) entries.set(alias, entry);
}

function compileUser(user: HmacUser, options: HmacPrincipalOptions): Entry {
  const { windowSeconds } = user;
  if (!Number.isInteger(windowSeconds) || windowSeconds < 1 || windowSeconds > maxWindowSeconds)
    throw new Error(`the window of "${user.name}" must be 1 to ${maxWindowSeconds} seconds`);
  const keys = user.keys
    .filter((key) => key.secret !== "")
    .map((key) => ({
      secret: Buffer.from(key.secret, "utf8"),
      notAfterMs: key.notAfter?.getTime() ?? Number.POSITIVE_INFINITY,
      principal: hmacPrincipal(user, key, options),
    }));
  return { type: user.type, windowSeconds, keys };
}

function nobody(): Entry {
  const keys = [{ id: "none", secret: randomBytes(32).toString("hex") }];
  const user = { name: "nobody", type: "", role: Role.UNSPECIFIED, keys };
  return compileUser({ ...user, windowSeconds: maxClockLeadSeconds }, {});
}
