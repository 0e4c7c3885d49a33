// A server without any key makes its own at its first start, and the CLI beside it finds them.
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument, stringify } from "yaml";
import { SetupError } from "../domain/problem.ts";
import { systemErrorCode } from "../domain/system-error.ts";
import type { Role } from "../rbac/role.ts";
import { createOwnFile, readOwnFile, replaceOwnFile } from "./credentials-file.ts";
import { defaultUsers, type HmacUser } from "./hmac-user.ts";
import { type PlacedUser, userProblems } from "./key-rules.ts";

/** Where the keys are kept and what else the file says. */
export interface FirstStart {
  /** The data folder; made with mode 0700 if missing. */
  readonly data: string;
  /** Where the CLI is to find this server: "http://127.0.0.1:8080". */
  readonly apiUrl: string;
  /** The window of signatures by role, in seconds. */
  readonly windowSeconds: (role: Role) => number;
}

/** The users of a server that nobody gave a key. */
export interface OwnUsers {
  readonly users: readonly HmacUser[];
  /** The file with their keys. */
  readonly path: string;
  /** True at the first start. */
  readonly created: boolean;
}

const keyBytes = 32;

/**
 * The default users with the keys in credentials.yaml, which is written if there is none. Throws SetupError if the
 * file may be read by others or does not hold what it should.
 */
export async function firstStart(options: FirstStart): Promise<OwnUsers> {
  const path = credentialsPath(options.data);
  const created = await ensureCredentials(path, options).catch(unwritable);
  // Whoever came first has written what counts, also if that was another process.
  const text = (await readOwnFile(path)) ?? "";
  return { users: parseUsers(text, path, options), path, created };
}

async function ensureCredentials(path: string, { data, apiUrl }: FirstStart): Promise<boolean> {
  await mkdir(data, { recursive: true, mode: 0o700 });
  const existing = await readOwnFile(path);
  return existing === undefined && createOwnFile(path, newCredentials(apiUrl));
}

function unwritable(error: unknown): never {
  const code = systemErrorCode(error);
  if (code === undefined) throw error;
  const reason = `cannot hold credentials.yaml (${code})`;
  const remedy = "name a folder that this process may write, or configure keys";
  throw new SetupError([{ setting: "data", reason, remedy }]);
}

/** Writes down where the CLI finds this server, if the file is there and says otherwise; the rest stays as it is. */
export async function recordApiUrl(data: string, apiUrl: string): Promise<void> {
  const path = credentialsPath(data);
  const text = await readOwnFile(path);
  if (text === undefined) return;
  const document = parseDocument(text);
  if (document.get("api-url") === apiUrl) return;
  document.set("api-url", apiUrl);
  await replaceOwnFile(path, String(document));
}

/** "<data>/credentials.yaml" */
export function credentialsPath(data: string): string {
  return join(data, "credentials.yaml");
}

const introduction = `# Written by metal-connect at its first start, for the CLI on this machine. These keys are
# all it takes to be these users: hand out none of them, and none but the least that is needed.
`;

function newCredentials(apiUrl: string): string {
  const users = defaultUsers.map(({ name }) => ({ name, type: name, key: newKey() }));
  return introduction + stringify({ "api-url": apiUrl, users });
}

const newKey = () => randomBytes(keyBytes).toString("base64url");

function parseUsers(text: string, path: string, options: FirstStart): HmacUser[] {
  const document = parseDocument(text, { schema: "failsafe", prettyErrors: false });
  const entries: unknown = document.errors.length === 0 ? document.toJS()?.users : undefined;
  const list: readonly unknown[] = Array.isArray(entries) ? entries : [];
  const users = list.map((entry, at) => placedUser(entry, `users[${at}] in ${path}`, options));
  if (users.length === 0) throw unusable(path, "lists no users");
  const problems = userProblems(users);
  if (problems.length > 0) throw new SetupError(problems);
  return users.map(({ user }) => user);
}

function placedUser(entry: unknown, place: string, { windowSeconds }: FirstStart): PlacedUser {
  const { type, key } = fieldsOf(entry);
  const known = defaultUsers.find(({ name }) => name === type);
  if (known === undefined || typeof key !== "string")
    throw unusable(place, "is no {name, type, key} of a default user");
  const { name, role } = known;
  const keys = [{ id: "first-start", secret: key }];
  const user = { name, type: name, keys, role, windowSeconds: windowSeconds(role) };
  return { place, keyPlaces: [place], user };
}

function fieldsOf(entry: unknown): { readonly type?: unknown; readonly key?: unknown } {
  return typeof entry === "object" && entry !== null ? entry : {};
}

function unusable(setting: string, reason: string): SetupError {
  const remedy = "restore the file, or move it away to get new keys, or configure keys";
  return new SetupError([{ setting, reason, remedy }]);
}
