// metal-stack's HMAC scheme, as its clients send it, with what the signature leaves open closed on this side.
//
//   Authorization: <type> <hex HMAC-SHA256(key, date || method || salt)>
//   X-Date:        RFC 3339; signed as UTC in whole seconds
//   X-Data-Salt:   random, sent as it is signed
//
// The signature covers neither procedure nor message, so the first use binds it to both for as long as it is fresh.
import { timingSafeEqual } from "node:crypto";
import type { Principal } from "../rbac/principal.ts";
import { type Authenticator, CredentialError, type CredentialRequest } from "./authenticator.ts";
import {
  createHmacDirectory,
  type Entry,
  type HmacDirectory,
  type Key,
  maxClockLeadSeconds,
  nobody,
} from "./hmac-directory.ts";
import type { HmacPrincipalOptions } from "./hmac-principal.ts";
import type { HmacUser } from "./hmac-user.ts";
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

/**
 * The HMAC scheme for these users, or for whoever stands in a directory at the moment of a call. It claims every scheme but Bearer, so that an unknown type costs what a known one
 * costs. Throws if two users share a type or a window is out of range.
 */
export function createHmacAuthenticator(
  users: readonly HmacUser[] | Pick<HmacDirectory, "find">,
  options: HmacOptions = {},
): HmacAuthenticator {
  const now = options.now ?? Date.now;
  const usedSalts = options.usedSalts ?? createUsedSalts({ now });
  const directory = isList(users) ? createHmacDirectory(users, options) : users;
  return new HmacAuthenticator(directory, usedSalts, now);
}

const isList = (users: object): users is readonly HmacUser[] => Array.isArray(users);

/** Authenticates signed calls. */
export class HmacAuthenticator implements Authenticator {
  readonly #directory: Pick<HmacDirectory, "find">;
  readonly #usedSalts: UsedSalts;
  readonly #now: () => number;
  /** Stands in for unknown types; nobody knows its key. */
  readonly #nobody: Entry;

  constructor(directory: Pick<HmacDirectory, "find">, usedSalts: UsedSalts, now: () => number) {
    this.#directory = directory;
    this.#usedSalts = usedSalts;
    this.#now = now;
    this.#nobody = nobody();
  }

  claims(scheme: string): boolean {
    return scheme.toLowerCase() !== "bearer";
  }

  async authenticate(request: CredentialRequest): Promise<Principal> {
    const signed = readSigned(request);
    const entry = this.#directory.find(signed.type) ?? this.#nobody;
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
    // The time first, which the signature covers: so the memory finds what is recent in one place.
    const key = `${signed.epochSeconds} ${entry.type} ${signed.mac}`;
    const expiresAtMs = (signed.epochSeconds + entry.windowSeconds) * 1000;
    const binding = await this.#usedSalts.bind(key, request.procedure, expiresAtMs);
    const isRead = request.read && request.kind === "unary" && request.onMessage !== undefined;
    if (binding === "different" || (binding === "same" && !isRead))
      throw new CredentialError("replayed");
    if (!isRead) return;
    request.onMessage?.(async (digest) => {
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
