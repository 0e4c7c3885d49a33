// Commands about access: the matrix of roles, who can, why not, and what would be enough.
import type { Command } from "commander";
import { AccessService } from "../../gen/metal/v1/access_pb.ts";
import type { Io } from "./io.ts";
import { accessSentence } from "./rule.ts";
import { sessionOf } from "./session.ts";

/** Adds `access list`, `who-can`, `explain` and `advise`. */
export function addAccessCommands(program: Command, io: Io): void {
  addList(program, io);
  addWhoCan(program, io);
  addExplain(program, io);
  addAdvise(program, io);
}

function addList(program: Command, io: Io): void {
  const access = program.commands.find((command) => command.name() === "access") ?? program;
  const sentence = accessSentence(AccessService.method.listRules);
  const command = access
    .command("list")
    .alias("ls")
    .summary(sentence)
    .description(`Prints who may call what: services and roles, or with -o wide RPCs. ${sentence}`)
    .argument("[service]", "only this service: image, ImageService or metal.v1.ImageService")
    .option("--mine", "only what you may call");
  command.action(async (service: string | undefined, { mine = false }: { mine?: boolean }) => {
    const module = await import("./access-list.ts");
    await module.accessList({ service: service ?? "", mine }, sessionOf(command, io));
  });
}

function addWhoCan(program: Command, io: Io): void {
  const sentence = accessSentence(AccessService.method.whoCan);
  const command = program
    .command("who-can")
    .argument("<rpc...>", "metal.v1.SizeService/Create, SizeService/Create, or: size create")
    .summary("says who may call an RPC")
    .description(`Says which roles, users and groups suffice for an RPC. ${sentence}`);
  command.action(async (words: string[]) => {
    const module = await import("./who-can.ts");
    await module.whoCan(words, sessionOf(command, io));
  });
}

function addExplain(program: Command, io: Io): void {
  const command = program
    .command("explain")
    .argument("<trace>", "the trace id that a refusal shows")
    .summary("says why a call was allowed or refused")
    .description(
      "Says why a call was allowed or refused, and what would have allowed it: to its caller, or to an Admin.",
    );
  command.action(async (trace: string) => {
    const module = await import("./explain.ts");
    await module.explain(trace, sessionOf(command, io));
  });
}

interface AdviseOptions {
  readonly since: string;
  readonly source?: string;
  readonly user?: string;
}

function addAdvise(program: Command, io: Io): void {
  const command = program
    .command("advise")
    .summary("says which role would be enough")
    .description(
      "Says which role would be enough: for what identities called, as counted by the server (needs role Admin), or " +
        "with --source for what a program can call, from its source code and without a server. Here --user names the " +
        "identity that is advised on.",
    )
    .option("--since <duration>", "look at calls of this last time, at most 100d", "30d")
    .option("--source <folder>", "look at the source code of a client instead");
  command.action(async () => {
    const { since, source, user }: AdviseOptions = command.optsWithGlobals();
    const session = sessionOf(command, io, { user: undefined });
    if (source !== undefined) {
      const module = await import("./advise-source.ts");
      return await module.adviseOnSource(source, session);
    }
    const module = await import("./advise.ts");
    await module.advise({ since, user: user ?? "" }, session);
  });
}
