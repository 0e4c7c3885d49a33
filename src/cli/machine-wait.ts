// `--wait`: follows machines from their allocation until they phone home.
import { create } from "@bufbuild/protobuf";
import {
  type Machine,
  MachineInstallationState,
  MachineServiceWatchRequestSchema,
} from "../../gen/metal/v1/machine_pb.ts";
import { CommandError } from "./errors.ts";
import { eventOf, watchedMachines } from "./machine-watch.ts";
import type { Session } from "./session.ts";

/**
 * Tells on standard error what the machine goes through and returns it when it has phoned home. Throws CommandError if
 * its installation fails, or somebody frees it.
 */
export async function phonedHome({ id, allocation }: Machine, session: Session): Promise<Machine> {
  const request = create(MachineServiceWatchRequestSchema, { id });
  let last = "Waiting"; // What every machine did when it was allocated.
  for await (const { machine } of watchedMachines(session, request)) {
    if (machine === undefined) continue;
    if (machine.allocation?.uuid !== allocation?.uuid)
      throw new CommandError(`machine "${id}" was freed meanwhile`);
    const event = eventOf(machine);
    if (event !== last) session.io.stderr(`${id}  ${event}\n`);
    last = event;
    assertGoingOn(machine);
    if (event === "Phoned Home") return machine;
  }
  throw new CommandError(`nothing is told of machine "${id}" any more`);
}

function assertGoingOn({ id, allocation }: Machine): void {
  const { state, message } = allocation?.installation ?? {};
  if (state === MachineInstallationState.FAILED)
    throw new CommandError(`machine "${id}" could not be installed: ${message}`);
}
