// What the verbs of `metal context` do.
import {
  added,
  type Context,
  contextNamed,
  type Contexts,
  readContexts,
  removed,
  switched,
  writeContexts,
} from "./contexts.ts";
import { yamlText } from "./document/text.ts";
import { UsageError } from "./errors.ts";
import type { Io } from "./io.ts";
import { checkedUrl } from "./server-url.ts";
import { tableLines } from "./table.ts";

/** Prints the contexts; the current one is marked. */
export async function list(io: Io): Promise<void> {
  const { all, current } = await readContexts(io);
  const rows = all.map((context) => [
    context.name === current ? "*" : "",
    context.name,
    context.apiUrl,
    credentialWord(context),
  ]);
  const lines = tableLines([["", "NAME", "API URL", "CREDENTIAL"], ...rows]);
  io.stdout(lines.map((line) => `${line}\n`).join(""));
}

/** Switches to a context, or with "-" to the one before. Throws UsageError if there is none. */
export async function use(name: string, io: Io): Promise<void> {
  const contexts = await readContexts(io);
  const wanted = name === "-" ? contexts.previous : name;
  if (wanted === undefined) throw new UsageError("there is no context before this one");
  await writeContexts(io, switched(contexts, wanted));
  io.stdout(`switched to context "${wanted}"\n`);
}

/** Prints the current context without its secret. */
export async function show(io: Io): Promise<void> {
  const context = currentOf(await readContexts(io));
  const { name, apiUrl } = context;
  io.stdout(yamlText({ name, "api-url": apiUrl, credential: credentialWord(context) }));
}

/** Prints the name of the current context; nothing if there is none. */
export async function short(io: Io): Promise<void> {
  const { current } = await readContexts(io);
  if (current !== undefined) io.stdout(`${current}\n`);
}

/** Forgets a context. Throws UsageError if there is none of that name. */
export async function remove(name: string, io: Io): Promise<void> {
  await writeContexts(io, removed(await readContexts(io), name));
  io.stdout(`removed context "${name}"\n`);
}

/** What a new context is made of. */
export interface AddOptions {
  readonly apiUrl?: string;
  readonly token?: string;
  readonly hmac?: string;
  readonly hmacAuthType?: string;
  readonly use?: boolean;
}

/** Adds or replaces a context. Throws UsageError if what it is made of does not fit together. */
export async function add(name: string, options: AddOptions, io: Io): Promise<void> {
  const context = contextFrom(name, options);
  const contexts = added(await readContexts(io), context);
  const after = options.use ? switched(contexts, name) : contexts;
  await writeContexts(io, after);
  const isCurrent = after.current === name ? ", which is now in use" : "";
  io.stdout(`added context "${name}"${isCurrent}\n`);
}

function contextFrom(name: string, { apiUrl, token, hmac, hmacAuthType }: AddOptions): Context {
  if (!/^[A-Za-z0-9][A-Za-z0-9._@-]*$/.test(name))
    throw new UsageError(`"${name}" cannot be a context: letters, digits and . _ @ - are allowed`);
  if (apiUrl === undefined) throw new UsageError("a context needs --api-url");
  if (token && hmac) throw new UsageError("give --token or --hmac, not both");
  if (hmac && !hmacAuthType)
    throw new UsageError("--hmac needs --hmac-auth-type: Metal-View, Metal-Edit or Metal-Admin");
  return {
    name,
    apiUrl: checkedUrl(apiUrl, "--api-url"),
    ...(token && { token }),
    ...(hmac && { hmac }),
    ...(hmac && hmacAuthType && { hmacAuthType }),
  };
}

function currentOf(contexts: Contexts): Context {
  if (contexts.current === undefined)
    throw new UsageError("no context is in use; add one with `metal context add`");
  return contextNamed(contexts, contexts.current);
}

function credentialWord({ token, hmac, hmacAuthType }: Context): string {
  if (token) return "token";
  return hmac ? `HMAC ${hmacAuthType ?? "without type"}` : "none";
}
