// The stream on which a machine waits: it ends when the machine is allocated, by whichever replica.
import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import {
  type BootServiceWaitResponse,
  BootServiceWaitResponseSchema,
} from "../../../gen/api/v1/boot_pb.ts";
import { found } from "../../domain/entity.ts";
import { aborted } from "../../domain/errors.ts";
import { beginWait } from "../../domain/machine-wait.ts";
import type { TimedDeps } from "../deps.ts";
import type { WaitingRoom } from "./waiting-room.ts";

/** What streams need. */
export interface WaitDeps extends TimedDeps {
  readonly waitingRoom: WaitingRoom;
}

/** A stream says so often that it lives, in milliseconds, as metal-hammer expects it. */
const keepAliveMs = 5_000;

/**
 * Says that it lives until the machine is allocated. Throws not_found if there is no such machine, and aborted if it does
 * not count as waiting any more: then it is to wait anew.
 */
export async function* waitForAllocation(
  deps: WaitDeps,
  machineId: string,
  context: HandlerContext,
): AsyncGenerator<BootServiceWaitResponse> {
  const { change, waitingRoom, now } = deps;
  // Before the machine waits, so that no allocation is missed.
  using seat = await waitingRoom.enter(machineId);
  if (!(await change(context, (tx) => beginWait(tx, machineId, now())))) return;
  do yield create(BootServiceWaitResponseSchema);
  while (!(await isAllocated(deps, machineId, await seat.bell.heard(keepAliveMs, context.signal))));
}

async function isAllocated({ read }: WaitDeps, id: string, rung: boolean): Promise<boolean> {
  if (!rung) return false;
  const { allocation, waiting } = await found(read.machine, "machine", id);
  if (allocation === undefined && !waiting)
    throw aborted(`machine "${id}" does not count as waiting any more`);
  return allocation !== undefined;
}
