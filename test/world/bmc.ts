// Machines with BMCs, put where the server keeps them, and the component that carries out commands for them.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { MachineBMCRecordSchema } from "../../gen/metal/store/v1/machine_pb.ts";
import {
  BMCCommandService,
  type BMCCommandServiceWatchCommandsResponse as Sent,
  type BmcCommandType,
} from "../../gen/metal/v1/bmc_command_pb.ts";
import { MachineSchema } from "../../gen/metal/v1/machine_pb.ts";
import { PartitionSchema } from "../../gen/metal/v1/partition_pb.ts";
import type { HmacUser } from "../../src/auth/hmac.ts";
import { issueCommand } from "../../src/domain/bmc-command.ts";
import { Role } from "../../src/rbac/role.ts";
import type { Store } from "../../src/store/store.ts";
import { hmacHeaders } from "../auth/signed.ts";
import { machineId } from "./machines.ts";

/** What metal-bmc calls as. */
export const bmcUser: HmacUser = {
  name: "Metal-BMC",
  type: "Metal-BMC",
  keys: [{ id: "test", secret: "key of Metal-BMC, which is long enough" }],
  role: Role.EDITOR,
  component: "metal-bmc",
  windowSeconds: 90,
};

/** Calls a server as metal-bmc. */
export function bmcClient(baseUrl: string): Client<typeof BMCCommandService> {
  const signer = { type: bmcUser.type, key: bmcUser.keys[0]?.secret ?? "" };
  const transport = createGrpcTransport({
    baseUrl,
    interceptors: [
      (next) => (request) => {
        for (const [name, value] of hmacHeaders(signer)) request.header.set(name, value);
        return next(request);
      },
    ],
  });
  return createClient(BMCCommandService, transport);
}

/** Keeps a partition and so many machines with BMCs, the first with number 1. */
export async function keepMachines(
  store: Pick<Store, "transaction">,
  count: number,
  partitionId = "here",
): Promise<void> {
  await store.transaction(async (tx) => {
    await tx.partition.insert(create(PartitionSchema, { id: partitionId }));
    for (let n = 1; n <= count; n += 1) {
      await tx.machine.insert(create(MachineSchema, { id: machineId(n), partitionId }));
      await tx.machineBmc.insert(bmcRecord(machineId(n), partitionId));
    }
  });
}

/** A BMC with an account. */
export function bmcRecord(
  id: string,
  partitionId: string,
  bmc: MessageInitShape<typeof MachineBMCRecordSchema>["bmc"] = {},
) {
  const address = `[2001:db8::${id.slice(-4)}]:623`;
  const values = { id, user: "root", password: `secret of ${id}` };
  return create(MachineBMCRecordSchema, { ...values, bmc: { id, partitionId, address, ...bmc } });
}

/** Issues a command of the server itself for the nth machine; its id. */
export async function issue(
  store: Pick<Store, "transaction">,
  n: number,
  type: BmcCommandType,
): Promise<string> {
  const machine = { id: machineId(n), partitionId: "here" };
  const command = await store.transaction((tx) => issueCommand(tx, machine, { type, issuer: "" }));
  return command?.id ?? "";
}

/** A stream of commands as metal-bmc reads it: only commands, each awaited. */
export interface Watch {
  /** The next command, or undefined if none comes for `ms` milliseconds. */
  next(ms?: number): Promise<Sent | undefined>;
  close(): Promise<void>;
}

/** Opens a stream and waits until it is heard. */
export async function openWatch(
  client: Client<typeof BMCCommandService>,
  partitionId = "here",
): Promise<Watch> {
  const abort = new AbortController();
  const messages = client
    .watchCommands({ partitionId }, { signal: abort.signal })
    [Symbol.asyncIterator]();
  await messages.next();
  let pending: Promise<Sent | undefined> | undefined;
  const command = async (): Promise<Sent | undefined> => {
    for (;;) {
      const { value, done } = await messages.next();
      if (done === true) return undefined;
      if (value.commandId !== "") return value;
    }
  };
  return {
    async next(ms = 5_000) {
      pending ??= command();
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const timer = setTimeout(() => resolve(undefined), ms);
      const first = await Promise.race([pending, promise]);
      clearTimeout(timer);
      if (first !== undefined) pending = undefined;
      return first;
    },
    async close() {
      abort.abort();
      await (pending ?? messages.next()).catch(() => undefined);
    },
  };
}
