// The users of a fresh server, as it writes them into its data directory: for working on the same machine.
import { join, resolve } from "node:path";
import { CommandError, UsageError } from "./errors.ts";
import type { Io } from "./io.ts";
import { Role } from "./rule.ts";
import { isMapping, isOpenToOthers, type Mapping, readMapping, textAt } from "./setting-file.ts";
import type { HmacCredential } from "./sign.ts";

/** A user that the server made for itself. */
export interface ServerUser extends HmacCredential {
  readonly name: string;
  readonly role: Role;
}

/** What the server's file says. */
export interface ServerCredentials {
  readonly path: string;
  readonly apiUrl?: string;
  readonly users: readonly ServerUser[];
}

const roles: Readonly<Record<string, Role>> = {
  view: Role.VIEWER,
  viewer: Role.VIEWER,
  edit: Role.EDITOR,
  editor: Role.EDITOR,
  admin: Role.ADMIN,
  "metal-view": Role.VIEWER,
  "metal-viewer": Role.VIEWER,
  "metal-edit": Role.EDITOR,
  "metal-admin": Role.ADMIN,
};

/** Reads `credentials.yaml` in METAL_DATA or ./data; undefined if there is none. Warns if others can read it. */
export async function readServerCredentials(io: Io): Promise<ServerCredentials | undefined> {
  const path = join(io.env["METAL_DATA"] || "data", "credentials.yaml");
  const file = resolve(io.cwd, path);
  const mapping = await readMapping(file);
  if (mapping === undefined) return undefined;
  if (await isOpenToOthers(file)) io.stderr(`warning: others can read ${path}; chmod 600 it\n`);
  const apiUrl = textAt(mapping, "api-url");
  const users = Array.isArray(mapping["users"]) ? mapping["users"] : [];
  return {
    path,
    users: users.map((user: unknown) => userOf(isMapping(user) ? user : {}, path)),
    ...(apiUrl !== undefined && { apiUrl }),
  };
}

/** The user of that name. Throws UsageError, which lists the names there are. */
export function userNamed({ users, path }: ServerCredentials, name: string): ServerUser {
  const found = users.find((user) => user.name === name);
  if (found) return found;
  const names = users.map((user) => user.name).join(", ");
  throw new UsageError(`no user "${name}" in ${path}; there are: ${names}`);
}

/**
 * The user to call an RPC with: the weakest whose role suffices, nobody for an RPC that is open to everybody. If no
 * role suffices, the strongest: the server then says what is missing.
 */
export function weakestUser({ users }: ServerCredentials, needed: Role): ServerUser | undefined {
  if (needed === Role.PUBLIC) return undefined;
  const byRole = users.toSorted((a, b) => a.role - b.role);
  return byRole.find(({ role }) => role >= needed) ?? byRole.at(-1);
}

function userOf(user: Mapping, path: string): ServerUser {
  const type = textAt(user, "type") ?? textAt(user, "name");
  const key = textAt(user, "key");
  if (type === undefined || key === undefined)
    throw new CommandError(`${path}: every user needs a type and a key`);
  const role = roles[(textAt(user, "role") ?? type).toLowerCase()] ?? Role.AUTHENTICATED;
  return { kind: "hmac", name: textAt(user, "name") ?? type, type, key, role };
}
