// `--wait`: follows machines from their allocation, or a further installation, until they phone home.
import { create, type DescMethod, isMessage, type Message } from "@bufbuild/protobuf";
import {
  type Machine,
  MachineInstallationState,
  MachineSchema,
  MachineServiceWatchRequestSchema,
} from "../../gen/metal/v1/machine_pb.ts";
import { CommandError } from "./errors.ts";
import { eventOf, watchedMachines } from "./machine-watch.ts";
import type { Session } from "./session.ts";

/** The machine in an answer, however its field is called. Throws CommandError if there is none. */
export function installedIn({ output }: DescMethod, answer: Message): Machine {
  for (const value of Object.values(answer)) if (isMessage(value, MachineSchema)) return value;
  throw new CommandError(`there is no machine in ${output.name}`);
}

/**
 * Tells on standard error what the machine goes through and returns it when it has phoned home, with nothing left to
 * install. Throws CommandError if its installation fails, or somebody frees it.
 */
export async function phonedHome({ id, allocation }: Machine, session: Session): Promise<Machine> {
  const request = create(MachineServiceWatchRequestSchema, { id });
  // What the machine did when it was handed out, or when it was told to install again.
  let last = allocation?.reinstall ? "Planned Reboot" : "Waiting";
  for await (const { machine } of watchedMachines(session, request)) {
    if (machine === undefined) continue;
    if (machine.allocation?.uuid !== allocation?.uuid)
      throw new CommandError(`machine "${id}" was freed meanwhile`);
    const event = eventOf(machine);
    if (event !== last) session.io.stderr(`${id}  ${event}\n`);
    last = event;
    assertGoingOn(machine);
    // News of a system that is about to be installed again may come late.
    if (event === "Phoned Home" && machine.allocation?.reinstall !== true) return machine;
  }
  throw new CommandError(`nothing is told of machine "${id}" any more`);
}

function assertGoingOn({ id, allocation }: Machine): void {
  const { state, message } = allocation?.installation ?? {};
  if (state === MachineInstallationState.FAILED)
    throw new CommandError(`machine "${id}" could not be installed: ${message}`);
}
