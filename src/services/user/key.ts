// The keys of identities: how they are made, sealed, and come to their end.
import { randomBytes } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { type Timestamp, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { type User, type UserKey, UserKeySchema } from "../../../gen/metal/store/v1/user_pb.ts";
import type { Sealer } from "../../secrets/sealer.ts";

/** The output of SHA-256 is that long (RFC 2104, section 3, advises against less). */
const keyBytes = 32;
const idBytes = 4;

/** A key that was just made, with what only its owner gets to see. */
export interface NewKey {
  readonly entry: UserKey;
  readonly secret: string;
}

/** What a sealed key belongs to. */
const placeOf = (user: string, key: string) => `key ${key} of user ${user}`;

/** Makes a key for the user of that name. */
export function newKey(
  user: string,
  { sealer, nowMs, notAfter }: { sealer: Sealer; nowMs: number; notAfter: Timestamp | undefined },
): NewKey {
  const id = randomBytes(idBytes).toString("hex");
  const secret = randomBytes(keyBytes).toString("base64url");
  const sealed = sealKey(user, { id, secret }, sealer);
  const created = timestampFromMs(nowMs);
  return { secret, entry: create(UserKeySchema, { id, created, notAfter, sealed }) };
}

/** A key as it is kept. */
export function sealKey(
  user: string,
  { id, secret }: { readonly id: string; readonly secret: string },
  sealer: Sealer,
): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(sealer.seal(secret, placeOf(user, id)));
}

/** The key itself. Throws if it was not sealed for this user with the same setting. */
export function openKey(user: string, { id, sealed }: UserKey, sealer: Sealer): string {
  return sealer.open(sealed, placeOf(user, id));
}

/** When a key ends, in milliseconds since 1970. */
export const endOf = ({ notAfter }: Pick<UserKey, "notAfter">): number =>
  notAfter ? timestampMs(notAfter) : Number.POSITIVE_INFINITY;

/** The keys of a user that have not ended. */
export const liveKeys = ({ keys }: Pick<User, "keys">, nowMs: number): UserKey[] =>
  keys.filter((key) => endOf(key) > nowMs);

/** The same key, ended at `ms` at the latest. */
export function endedBy(key: UserKey, ms: number): UserKey {
  return endOf(key) <= ms ? key : { ...key, notAfter: timestampFromMs(ms) };
}
