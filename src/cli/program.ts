// The whole command line, as a tree of commands.
import { Command } from "commander";
import { addAccessCommands } from "./access-command.ts";
import { addAuditCommands } from "./audit-command.ts";
import { addGlobalOptions } from "./session.ts";
import { addKind } from "./kind-command.ts";
import type { Io } from "./io.ts";
import { services } from "./services.ts";
import { addMaintenanceCommands } from "./maintenance-command.ts";
import { addMachineCommands } from "./machine-command.ts";
import { addPolicyCommands } from "./policy-command.ts";
import { addSelfcheck } from "./selfcheck-command.ts";
import { addShortcuts } from "./shortcuts.ts";
import { addCompletion } from "./completion.ts";
import { addContextCommands } from "./context-command.ts";

const examples = `
Examples:
  metal image list
  metal image describe ubuntu-24.04 > image.yaml
  metal image apply -f image.yaml
  metal can-i size create`;

/** A new command line that writes to `io` and throws CommanderError instead of ending the process. */
export function createProgram(io: Io): Command {
  const program = new Command("metal")
    .description("Works with a metal-connect server: metal KIND VERB [ID] [flags]")
    .exitOverride()
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .showHelpAfterError("(add --help for what there is)")
    .addHelpText("after", examples);
  addGlobalOptions(program);
  program.commandsGroup("Kinds:");
  for (const service of services) addKind(program, service, io);
  addMachineCommands(program, io);
  addAuditCommands(program, io);
  program.commandsGroup("Commands:");
  addShortcuts(program, io);
  addAccessCommands(program, io);
  addPolicyCommands(program, io);
  addSelfcheck(program, io);
  addContextCommands(program, io);
  addMaintenanceCommands(program, io);
  addCompletion(program, io);
  showGlobalOptions(program);
  return program;
}

/** Only where a command ends: a list of commands is not the place for options. */
function showGlobalOptions(command: Command): void {
  if (command.commands.length === 0)
    command.configureHelp({ ...command.configureHelp(), showGlobalOptions: true });
  for (const child of command.commands) showGlobalOptions(child);
}
