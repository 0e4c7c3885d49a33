// Named servers with their credentials, kept in `metal/config.yaml` below the user's configuration directory.
import { homedir } from "node:os";
import { join } from "node:path";
import { CommandError, UsageError } from "./errors.ts";
import type { Io } from "./io.ts";
import { isMapping, type Mapping, readMapping, textAt, writeMapping } from "./setting-file.ts";

/** A server, and who one is there. At most one of token and hmac is there; hmac comes with its type. */
export interface Context {
  readonly name: string;
  readonly apiUrl: string;
  readonly token?: string;
  readonly hmac?: string;
  readonly hmacAuthType?: string;
}

/** All contexts, the one in use, and the one before. */
export interface Contexts {
  readonly current?: string;
  readonly previous?: string;
  readonly all: readonly Context[];
}

/** Where contexts are kept: below XDG_CONFIG_HOME, or ~/.config (XDG Base Directory Specification). */
function contextsPath({ env }: Io): string {
  const base = env["XDG_CONFIG_HOME"] || join(env["HOME"] || homedir(), ".config");
  return join(base, "metal", "config.yaml");
}

/** The contexts; none if there is no file. Throws CommandError if the file is not what it should be. */
export async function readContexts(io: Io): Promise<Contexts> {
  const path = contextsPath(io);
  const file = (await readMapping(path)) ?? {};
  const contexts = isMapping(file["contexts"]) ? file["contexts"] : {};
  const all = Object.entries(contexts).map(([name, value]) => contextOf(name, value, path));
  return withNames(all, { current: textAt(file, "current"), previous: textAt(file, "previous") });
}

/** Keeps the contexts, readable by their owner only. */
export async function writeContexts(io: Io, { current, previous, all }: Contexts): Promise<void> {
  const contexts = Object.fromEntries(all.map((context) => [context.name, plainContext(context)]));
  await writeMapping(contextsPath(io), {
    ...(current !== undefined && { current }),
    ...(previous !== undefined && { previous }),
    contexts,
  });
}

/** The context of that name. Throws UsageError, which lists the names there are. */
export function contextNamed({ all }: Contexts, name: string): Context {
  const found = all.find((context) => context.name === name);
  if (found) return found;
  const names =
    all.map((context) => context.name).join(", ") || "none; add one with `metal context add`";
  throw new UsageError(`no context "${name}"; there are: ${names}`);
}

/** The contexts after a switch to `name`. Throws UsageError if there is none of that name. */
export function switched(contexts: Contexts, name: string): Contexts {
  contextNamed(contexts, name);
  if (contexts.current === name) return contexts;
  return withNames(contexts.all, { current: name, previous: contexts.current });
}

/** The contexts with one added or replaced. The first one is used at once. */
export function added(contexts: Contexts, context: Context): Contexts {
  const others = contexts.all.filter(({ name }) => name !== context.name);
  const { current = context.name, previous } = contexts;
  return withNames([...others, context], { current, previous });
}

/** The contexts without one. Throws UsageError if there is none of that name. */
export function removed(contexts: Contexts, name: string): Contexts {
  contextNamed(contexts, name);
  const all = contexts.all.filter((context) => context.name !== name);
  const kept = (other: string | undefined) => (other === name ? undefined : other);
  return withNames(all, { current: kept(contexts.current), previous: kept(contexts.previous) });
}

function withNames(
  all: readonly Context[],
  { current, previous }: { current: string | undefined; previous: string | undefined },
): Contexts {
  return {
    all,
    ...(current !== undefined && { current }),
    ...(previous !== undefined && { previous }),
  };
}

function contextOf(name: string, value: unknown, path: string): Context {
  const mapping: Mapping = isMapping(value) ? value : {};
  const apiUrl = textAt(mapping, "api-url");
  if (apiUrl === undefined) throw new CommandError(`${path}: context "${name}" has no api-url`);
  const token = textAt(mapping, "token");
  const hmac = textAt(mapping, "hmac");
  const hmacAuthType = textAt(mapping, "hmac-auth-type");
  return {
    name,
    apiUrl,
    ...(token !== undefined && { token }),
    ...(hmac !== undefined && { hmac }),
    ...(hmacAuthType !== undefined && { hmacAuthType }),
  };
}

function plainContext({ apiUrl, token, hmac, hmacAuthType }: Context): Record<string, string> {
  return {
    "api-url": apiUrl,
    ...(token !== undefined && { token }),
    ...(hmac !== undefined && { hmac }),
    ...(hmacAuthType !== undefined && { "hmac-auth-type": hmacAuthType }),
  };
}
