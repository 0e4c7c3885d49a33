// Words for machines and firmware that people expect beside the names of RPCs.
import type { DescMethod } from "@bufbuild/protobuf";
import { type Command, Option } from "commander";
import { FirmwareService } from "../../gen/metal/v1/firmware_pb.ts";
import { MachineService } from "../../gen/metal/v1/machine_pb.ts";
import type { Io } from "./io.ts";
import { accessSentence } from "./rule.ts";
import { sessionOf } from "./session.ts";
import { kindHelp, verbHelp } from "./words.ts";

const {
  powerOn,
  powerOff,
  powerReset,
  powerCycle,
  bootBIOS,
  bootDisk,
  bootPXE,
  identifyLEDOn,
  identifyLEDOff,
} = MachineService.method;

interface Group {
  readonly name: string;
  readonly description: string;
  /** Each with its RPC, which takes the id of a machine. */
  readonly words: Readonly<Record<string, DescMethod>>;
}

/** Groups of commands: "machine power on". */
const groups: readonly Group[] = [
  {
    name: "power",
    description: "Tells the BMC of a machine to switch it, or what to boot from.",
    words: {
      on: powerOn,
      off: powerOff,
      reset: powerReset,
      cycle: powerCycle,
      bios: bootBIOS,
      disk: bootDisk,
      pxe: bootPXE,
    },
  },
  {
    name: "identify",
    description: "Tells the BMC of a machine to switch its identify LED.",
    words: { on: identifyLEDOn, off: identifyLEDOff },
  },
];

/** Adds `machine power`, `machine identify` and `firmware upload`, as far as there are such kinds. */
export function addMachineCommands(program: Command, io: Io): void {
  const machine = program.commands.find((command) => command.name() === "machine");
  if (machine !== undefined) for (const group of groups) addGroup(machine, group, io);
  const firmware = program.commands.find((command) => command.name() === "firmware");
  if (firmware !== undefined) addUpload(firmware, io);
}

function addGroup(machine: Command, { name, description, words }: Group, io: Io): void {
  const group = machine
    .command(name)
    .summary(Object.keys(words).join(", "))
    .description(description)
    .configureHelp(kindHelp(words));
  for (const [word, method] of Object.entries(words)) addWord(group, { word, method }, io);
}

function addWord(
  group: Command,
  { word, method }: { readonly word: string; readonly method: DescMethod },
  io: Io,
): void {
  const command = group
    .command(word)
    .summary(accessSentence(method))
    .configureHelp(verbHelp(method, []))
    .argument("<id>", "the id");
  command.action(async (id: string) => {
    const { runVerb } = await import("./verb.ts");
    const nothing = { flags: [], files: [], dryRun: false, yes: true, limit: undefined };
    const invocation = { ...nothing, words: [id] };
    await runVerb({ method, resource: undefined }, invocation, sessionOf(command, io));
  });
}

function addUpload(firmware: Command, io: Io): void {
  const method = FirmwareService.method.upload;
  const command = firmware
    .command("upload")
    .summary(accessSentence(method))
    .configureHelp(verbHelp(method, []))
    .argument("<file>", "the firmware")
    .addOption(
      new Option("--kind <word>", "what it is for").choices(["bios", "bmc"]).makeOptionMandatory(),
    )
    .requiredOption("--vendor <text>", "who made the board")
    .requiredOption("--board <text>", "the part number of the board")
    .requiredOption("--revision <text>", "its revision");
  command.action(async (file: string) => {
    const { upload } = await import("./firmware-upload.ts");
    await upload(file, command.opts(), sessionOf(command, io));
  });
}
