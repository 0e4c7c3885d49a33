// Questions that deserve a command of their own: who am I, may I, does it work, which version.
import type { Command } from "commander";
import type { Io } from "./io.ts";
import { accessSentence } from "./rule.ts";
import { AccessService } from "../../gen/metal/v1/access_pb.ts";
import { DoctorService } from "../../gen/metal/v1/doctor_pb.ts";
import { sessionOf } from "./session.ts";

/** Adds `whoami` and `can-i`, and gives `health`, `version` and `doctor` something to do without a verb. */
export function addShortcuts(program: Command, io: Io): void {
  addWhoAmI(program, io);
  addCanI(program, io);
  const health = kindNamed(program, "health");
  health.description("Says whether the server works; exit status 1 if not. Open to everybody.");
  health.action(async () => {
    const module = await import("./health.ts");
    await module.health(sessionOf(health, io));
  });
  const doctor = kindNamed(program, "doctor");
  doctor.description(
    `Looks for what is wrong with the state of the server; exit status 1 if anything is. ${accessSentence(DoctorService.method.check)}`,
  );
  doctor.action(async () => {
    const module = await import("./doctor.ts");
    await module.doctor(sessionOf(doctor, io));
  });
  const version = kindNamed(program, "version");
  version.description("Prints the versions of this program and of the server. Open to everybody.");
  version.option("--client", "only that of this program");
  version.action(async ({ client = false }: { client?: boolean }) => {
    const module = await import("./version.ts");
    await module.version(client, sessionOf(version, io));
  });
}

function addWhoAmI(program: Command, io: Io): void {
  const command = program
    .command("whoami")
    .description(`Asks the server who you are. ${accessSentence(AccessService.method.whoAmI)}`);
  command.action(async () => {
    const module = await import("./whoami.ts");
    await module.whoAmI(sessionOf(command, io));
  });
}

function addCanI(program: Command, io: Io): void {
  const command = program
    .command("can-i")
    .argument("<rpc...>", "metal.v1.SizeService/Create, SizeService/Create, or: size create")
    .summary("asks whether you may call an RPC")
    .option("--as <user>", "ask for this configured user, by id or name; needs role Viewer")
    .description("Asks whether you may call RPCs, calling none; exit status 3 if not all of them.");
  command.action(async (words: string[], { as = "" }: { as?: string }) => {
    const module = await import("./can-i.ts");
    await module.canI(words, sessionOf(command, io), as);
  });
}

function kindNamed(program: Command, name: string): Command {
  const found = program.commands.find((command) => command.name() === name);
  return found ?? program.command(name);
}
