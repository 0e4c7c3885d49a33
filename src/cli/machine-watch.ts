// Machines as they change: a stream that is taken up again where it broke off.
import { setTimeout as sleep } from "node:timers/promises";
import { clone, isMessage, type Message } from "@bufbuild/protobuf";
import {
  type Machine,
  MachineChangeKind,
  MachineService,
  type MachineServiceWatchRequest,
  MachineServiceWatchRequestSchema,
  type MachineServiceWatchResponse,
  MachineServiceWatchResponseSchema,
} from "../../gen/metal/v1/machine_pb.ts";
import { CallError } from "./api.ts";
import { printable } from "./printable.ts";
import type { Session } from "./session.ts";

/** gRPC's codes for what passes: canceled, unknown (as when a stream was cut), aborted, internal, unavailable. */
const passingCodes: ReadonlySet<number> = new Set([1, 2, 10, 13, 14]);
/** How long to wait before a stream is opened again, in milliseconds. */
const againMs = 1_000;
/** So often in a row nobody answers before the watch is given up. */
const maxAttempts = 60;

/**
 * The changes of machines, without a gap, also across a restart of the server. Throws CallError for everything that does
 * not pass by itself.
 */
export async function* watchedMachines(
  { api }: Pick<Session, "api">,
  asked: MachineServiceWatchRequest,
): AsyncGenerator<MachineServiceWatchResponse> {
  const request = clone(MachineServiceWatchRequestSchema, asked);
  const call = { method: MachineService.method.watch, request, subject: "machine watch" };
  for (let attempt = 0; ; attempt += 1) {
    try {
      for await (const change of api.stream(call)) {
        if (!isChange(change)) continue;
        attempt = 0;
        yield change;
        request.resumeToken = change.resumeToken;
      }
    } catch (error) {
      if (!isPassing(error) || attempt >= maxAttempts) throw error;
    }
    await sleep(againMs);
  }
}

const isChange = (message: Message): message is MachineServiceWatchResponse =>
  isMessage(message, MachineServiceWatchResponseSchema);

function isPassing(error: unknown): boolean {
  return error instanceof CallError && passingCodes.has(error.error.code);
}

const kinds: Readonly<Record<number, string>> = {
  [MachineChangeKind.ADDED]: "added",
  [MachineChangeKind.CHANGED]: "changed",
  [MachineChangeKind.REMOVED]: "removed",
};

/** Prints a line for each change. */
export async function watchMachines(
  request: MachineServiceWatchRequest,
  session: Session,
): Promise<void> {
  for await (const { kind, machine } of watchedMachines(session, request)) {
    const word = kinds[kind];
    if (word === undefined || machine === undefined) continue;
    session.io.stdout(`${lineOf(word, machine, session.io.now())}\n`);
  }
}

function lineOf(word: string, machine: Machine, now: Date): string {
  const { id, partitionId, sizeId, allocation } = machine;
  const owner = allocation && `${allocation.projectId} ${allocation.name || allocation.hostname}`;
  const cells = [
    now.toISOString().slice(11, 19),
    word.padEnd(7),
    id,
    eventOf(machine).padEnd(18),
    partitionId,
    sizeId,
    owner ?? "",
  ];
  return printable(cells.join("  ").trimEnd());
}

/** The last event of a machine. */
export const eventOf = ({ events }: Machine): string => events?.log[0]?.event ?? "";
