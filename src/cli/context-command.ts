// `metal context`: names servers and credentials, and switches between them.
import type { Command } from "commander";
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
import { UsageError } from "./errors.ts";
import type { Io } from "./io.ts";
import { checkedUrl } from "./server-url.ts";
import { yamlText } from "./document/text.ts";
import { tableLines } from "./table.ts";

/** Adds the commands. None of them calls a server. */
export function addContextCommands(program: Command, io: Io): void {
  const context = program
    .command("context")
    .summary("names servers and switches between them")
    .description("Lists contexts, or switches to NAME; - switches to the one before.")
    .argument("[name]", "context to switch to, or -")
    .action(async (name?: string) => await (name === undefined ? list(io) : use(name, io)));
  context
    .command("list")
    .alias("ls")
    .description("Lists the contexts.")
    .action(() => list(io));
  context
    .command("use")
    .alias("switch")
    .description("Switches to a context; - to the one before.")
    .argument("<name>")
    .action((name: string) => use(name, io));
  context
    .command("show")
    .description("Prints the current context, without its secret.")
    .action(() => show(io));
  context
    .command("short")
    .description("Prints the name of the current context, for a prompt.")
    .action(() => short(io));
  context
    .command("remove")
    .aliases(["rm", "delete"])
    .description("Removes a context and its credential.")
    .argument("<name>")
    .action((name: string) => remove(name, io));
  addAdd(context, io);
}

function addAdd(context: Command, io: Io): void {
  const command = context
    .command("add")
    .description(
      "Adds or replaces a context. Takes --api-url, and --token, or --hmac with --hmac-auth-type.",
    )
    .argument("<name>")
    .option("--use", "switch to it");
  command.action((name: string) => add(name, command, io));
}

async function list(io: Io): Promise<void> {
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

async function use(name: string, io: Io): Promise<void> {
  const contexts = await readContexts(io);
  const wanted = name === "-" ? contexts.previous : name;
  if (wanted === undefined) throw new UsageError("there is no context before this one");
  await writeContexts(io, switched(contexts, wanted));
  io.stdout(`switched to context "${wanted}"\n`);
}

async function show(io: Io): Promise<void> {
  const context = currentOf(await readContexts(io));
  const { name, apiUrl } = context;
  io.stdout(yamlText({ name, "api-url": apiUrl, credential: credentialWord(context) }));
}

async function short(io: Io): Promise<void> {
  const { current } = await readContexts(io);
  if (current !== undefined) io.stdout(`${current}\n`);
}

async function remove(name: string, io: Io): Promise<void> {
  await writeContexts(io, removed(await readContexts(io), name));
  io.stdout(`removed context "${name}"\n`);
}

interface AddOptions {
  readonly apiUrl?: string;
  readonly token?: string;
  readonly hmac?: string;
  readonly hmacAuthType?: string;
  readonly use?: boolean;
}

async function add(name: string, command: Command, io: Io): Promise<void> {
  const options: AddOptions = command.optsWithGlobals();
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
