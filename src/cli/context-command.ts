// `metal context`: names servers and credentials, and switches between them.
import type { Command } from "commander";
import type { Io } from "./io.ts";

const verbs = () => import("./context-verbs.ts");

/** Adds the commands. None of them calls a server. */
export function addContextCommands(program: Command, io: Io): void {
  const context = program
    .command("context")
    .summary("names servers and switches between them")
    .description("Lists contexts, or switches to NAME; - switches to the one before.")
    .argument("[name]", "context to switch to, or -")
    .action(async (name?: string) =>
      name === undefined ? (await verbs()).list(io) : (await verbs()).use(name, io),
    );
  addAdd(context, io);
  context
    .command("list")
    .alias("ls")
    .description("Lists the contexts.")
    .action(async () => (await verbs()).list(io));
  context
    .command("use")
    .alias("switch")
    .description("Switches to a context; - to the one before.")
    .argument("<name>")
    .action(async (name: string) => (await verbs()).use(name, io));
  context
    .command("show")
    .description("Prints the current context, without its secret.")
    .action(async () => (await verbs()).show(io));
  context
    .command("short")
    .description("Prints the name of the current context, for a prompt.")
    .action(async () => (await verbs()).short(io));
  context
    .command("remove")
    .aliases(["rm", "delete"])
    .description("Removes a context and its credential.")
    .argument("<name>")
    .action(async (name: string) => (await verbs()).remove(name, io));
}

function addAdd(context: Command, io: Io): void {
  const command = context
    .command("add")
    .description(
      "Adds or replaces a context. Takes --api-url, and --token, or --hmac with --hmac-auth-type.",
    )
    .argument("<name>")
    .option("--use", "switch to it");
  command.action(async (name: string) => (await verbs()).add(name, command.optsWithGlobals(), io));
}
