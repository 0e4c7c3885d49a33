// Identities as UserService answers them: never with a key, always with when it was last used.
import { create } from "@bufbuild/protobuf";
import { type Timestamp, timestampFromDate, timestampMs } from "@bufbuild/protobuf/wkt";
import type { Usage } from "../../../gen/metal/store/v1/usage_pb.ts";
import type { User } from "../../../gen/metal/store/v1/user_pb.ts";
import { type Identity, IdentitySchema } from "../../../gen/metal/v1/user_pb.ts";
import type { UsageSource } from "../access/usage.ts";
import type { ConfiguredUser } from "./draft.ts";
import { liveKeys } from "./key.ts";
import { limitOf } from "./limit.ts";

/** The principal id of an identity of the store. */
export const principalIdOf = (name: string): string => `hmac:${name}`;

/** An identity of the store, as it is now. */
export function storedIdentity(user: User, nowMs: number): Identity {
  const { id: name, type, role, component, owner, description, created } = user;
  return create(IdentitySchema, {
    name,
    principal: principalIdOf(name),
    type,
    role,
    component,
    owner,
    description,
    limitedTo: limitOf(user) ?? [],
    keys: liveKeys(user, nowMs).map((key) => ({
      id: key.id,
      ...(key.created && { created: key.created }),
      ...(key.notAfter && { notAfter: key.notAfter }),
    })),
    source: "store",
    ...(created && { created }),
  });
}

/** An identity of the settings. */
export function configuredIdentity(user: ConfiguredUser): Identity {
  const { id, name, type = "", role, component = "", keys } = user;
  return create(IdentitySchema, {
    name,
    principal: id,
    type,
    role,
    component,
    keys: keys.map((key) => ({
      id: key.id,
      ...(key.notAfter && { notAfter: timestampFromDate(key.notAfter) }),
    })),
    source: "settings",
  });
}

/** So many RPCs of one identity are looked at. */
const mostProcedures = 1_000;

/** Writes into an identity when it and its keys were last used. */
export async function addLastUse(identity: Identity, read: UsageSource["read"]): Promise<Identity> {
  const where = { principal: identity.principal };
  const usages = await read.list({ where, limit: mostProcedures });
  const last = latest(usages.map(({ lastUsed }) => lastUsed));
  if (last) identity.lastUsed = last;
  for (const key of identity.keys) {
    const used = latest(usages.map((usage) => useOf(usage, key.id)));
    if (used) key.lastUsed = used;
  }
  return identity;
}

const useOf = ({ keys }: Usage, id: string) => keys.find((key) => key.id === id)?.lastUsed;

function latest(times: readonly (Timestamp | undefined)[]): Timestamp | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.toSorted((a, b) => timestampMs(a) - timestampMs(b)).at(-1);
}

/** True if an identity has a key that was neither made nor used since `ms`, in milliseconds since 1970. */
export function isIdleSince({ keys }: Identity, ms: number): boolean {
  return keys.some(({ lastUsed, created }) => {
    const times = [lastUsed, created].map((time) => (time ? timestampMs(time) : 0));
    return Math.max(...times) < ms;
  });
}
