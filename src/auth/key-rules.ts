// What HMAC users and keys a server agrees to start with. Applied to what operators write, not to what tests build.
import type { Problem } from "../domain/problem.ts";
import { type HmacUser, typeAliases } from "./hmac-user.ts";

/** Shortest key in bytes: the output of SHA-256 (RFC 2104, section 3, advises against less). */
export const minKeyBytes = 32;

/** Keys that stand in public documents, deployments and tests. All of them have been used in production. */
const publicKeys: ReadonlySet<string> = new Set([
  "must-be-changed",
  "change-me",
  "changeme",
  "metal-admin",
  "metal-edit",
  "metal-view",
  "metal-test-admin",
  "metal-test-edit",
  "metal-test-view",
  "test",
  "4Rahs0WnJ4rJE8ZiwiLec62z",
]);

/** A remedy for every weak key. */
export const newKeyRemedy = "use a key of its own, for example from `openssl rand -base64 32`";

/** A user with the places where it and its keys are written, in the order of `user.keys`. */
export interface PlacedUser {
  readonly place: string;
  readonly keyPlaces: readonly string[];
  readonly user: HmacUser;
}

/** Everything that forbids to start with these users together. */
export function userProblems(users: readonly PlacedUser[]): Problem[] {
  const keys = users.flatMap(placedKeys);
  return [
    ...keys.flatMap(weakKey),
    ...repeated(keys, "is the same key as", newKeyRemedy),
    ...users.flatMap(unusableType),
    ...repeated(users.map(typeOf), "has the same type as", "give each user a type of its own"),
    ...repeated(users.map(nameOf), "has the same name as", "give each user a name of its own"),
  ];
}

interface Placed {
  readonly place: string;
  readonly text: string;
}

function placedKeys({ place, keyPlaces, user }: PlacedUser): Placed[] {
  return user.keys.map(({ secret }, at) => ({ place: keyPlaces[at] ?? place, text: secret }));
}

function weakKey({ place: setting, text }: Placed): Problem[] {
  const reason = weakness(text);
  return reason === undefined ? [] : [{ setting, reason, remedy: newKeyRemedy }];
}

/** What keeps a key from being used, in words; undefined if nothing does. */
export function weakness(key: string): string | undefined {
  if (key === "") return "is empty";
  if (publicKeys.has(key.trim()) || publicKeys.has(key.trim().toLowerCase()))
    return "is a publicly known key";
  const bytes = Buffer.byteLength(key, "utf8");
  return bytes < minKeyBytes ? `has ${bytes} bytes, fewer than ${minKeyBytes}` : undefined;
}

/** A scheme is a token (RFC 9110, section 11.1). */
const token = /^[\w!#$%&'*+.^`|~-]+$/;

function unusableType({ place: setting, user: { type } }: PlacedUser): Problem[] {
  if (type.toLowerCase() === "bearer")
    return [{ setting, reason: 'has the type "Bearer"', remedy: "leave that to OIDC tokens" }];
  if (token.test(type)) return [];
  const reason = `has the type ${JSON.stringify(type)}`;
  return [{ setting, reason, remedy: "use letters, digits and -, as in Metal-Admin" }];
}

const nameOf = ({ place, user }: PlacedUser): Placed => ({ place, text: user.name });

/** An alias counts as the type it stands for. */
const typeOf = ({ place, user }: PlacedUser): Placed => ({
  place,
  text: typeAliases.get(user.type) ?? user.type,
});

function repeated(all: readonly Placed[], like: string, remedy: string): Problem[] {
  const first = new Map<string, string>();
  return all.flatMap(({ place, text }) => {
    const other = first.get(text);
    if (other === undefined) first.set(text, place);
    if (other === undefined || text === "") return [];
    return [{ setting: place, reason: `${like} ${other}`, remedy }];
  });
}
