// The methods of MachineService about BMCs: what is known of them, and what they report.
import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import type { MachineBMCRecord } from "../../../gen/metal/store/v1/machine_pb.ts";
import {
  type Machine,
  type MachineBMC,
  MachineBMCSchema,
  type MachineService,
  type MachineServiceListBMCRequest,
  type MachineServiceReportBMCRequest,
} from "../../../gen/metal/v1/machine_pb.ts";
import { lastCommands } from "../../domain/bmc-command.ts";
import { noteReport } from "../../domain/bmc-report.ts";
import { found } from "../../domain/entity.ts";
import { precondition } from "../../domain/errors.ts";
import { every } from "../../domain/every.ts";
import { fulfils } from "../../domain/fulfils.ts";
import { machineIdOf } from "../../domain/machine.ts";
import { superUserName } from "../../domain/machine-bmc.ts";
import { pageOf } from "../../domain/page.ts";
import type { Snapshot, Transaction } from "../../store/store.ts";
import type { MachineDeps } from "./deps.ts";
import { bmcFilter } from "./filter.ts";

type Methods = Pick<
  ServiceImpl<typeof MachineService>,
  "getBMC" | "listBMC" | "getBMCCredentials" | "reportBMC"
>;

export function bmcMethods(deps: MachineDeps): Methods {
  const { read, change, now } = deps;
  return {
    async getBMC({ id }) {
      const machine = await found(read.machine, "machine", id.toLowerCase());
      const record = await read.machineBmc.get(machine.id);
      return { bmc: viewBmc(record, machine), lastCommands: await lastCommands(read, machine.id) };
    },
    async listBMC(request) {
      const { items, nextPageToken } = await pageOf(request, {
        filter: { ...request, pageSize: 0, pageToken: "" },
        key: ({ id }: MachineBMC) => id,
        fetch: (after, limit) => takeBmcs(read, request, { after, limit }),
      });
      return { bmcs: items, nextPageToken };
    },
    async getBMCCredentials({ id }) {
      const machine = await found(read.machine, "machine", id.toLowerCase());
      return credentialsOf(deps, machine.id, await read.machineBmc.get(machine.id));
    },
    async reportBMC(request, context) {
      return change(context, (tx) => noteReports(tx, request, now()));
    },
  };
}

/** What is shown of a BMC: what is known of it, and of its machine. */
function viewBmc(record: MachineBMCRecord | undefined, machine: Machine): MachineBMC {
  const { id, partitionId, rackId, sizeId, bios } = machine;
  const shown = { id, partitionId, rackId, sizeId, ...(bios && { bios }) };
  return Object.assign(record?.bmc ?? create(MachineBMCSchema), shown);
}

/** The BMCs after one that a request asks for, each once, by machine. */
async function takeBmcs(
  read: Snapshot,
  request: MachineServiceListBMCRequest,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<MachineBMC[]> {
  const byMachine = request.sizeId !== "" || request.rackId !== "";
  const bmcs = (byMachine ? bmcsByMachine : bmcsByRecord)(read, request, after);
  const taken: MachineBMC[] = [];
  for await (const bmc of bmcs) {
    taken.push(bmc);
    if (taken.length === limit) break;
  }
  return taken;
}

async function* bmcsByRecord(read: Snapshot, request: MachineServiceListBMCRequest, after: string) {
  const where = bmcFilter(request);
  for await (const record of every(read.machineBmc, "machineBmc", { where, after })) {
    const machine = await read.machine.get(record.id);
    if (machine !== undefined) yield viewBmc(record, machine);
  }
}

/** Size and rack are those of the machine: from there is the shorter way. */
async function* bmcsByMachine(
  read: Snapshot,
  request: MachineServiceListBMCRequest,
  after: string,
) {
  const { partitionId: partition, sizeId: size, rackId: rack } = request;
  const where = { id: request.id.toLowerCase(), partition, size, rack };
  for await (const machine of every(read.machine, "machine", { where, after })) {
    const record = await read.machineBmc.get(machine.id);
    if (record && fulfils("machineBmc", record, bmcFilter(request))) yield viewBmc(record, machine);
  }
}

/** The account of a BMC; the one that all machines create, if nothing else is known. Throws failed_precondition. */
function credentialsOf(
  { superUserPassword = "" }: MachineDeps,
  id: string,
  record: MachineBMCRecord | undefined,
) {
  const { user = "", password = "", bmc } = record ?? {};
  const account =
    user === "" ? { user: superUserName, password: superUserPassword } : { user, password };
  if (!bmc?.address) throw precondition(`nothing is known of the BMC of machine "${id}"`);
  if (account.password === "")
    throw precondition(`no account is known of the BMC of machine "${id}"`);
  return { id, address: bmc.address, interface: bmc.interface, ...account };
}

/** Notes all reports together: the call has one record, and one outcome. */
async function noteReports(
  tx: Transaction,
  { partitionId, reports }: MachineServiceReportBMCRequest,
  nowMs: number,
) {
  await found(tx.partition, "partition", partitionId);
  const ids = { created: [] as string[], updated: [] as string[], unfit: [] as string[] };
  for (const [key, report] of Object.entries(reports)) {
    const id = machineIdOf(key);
    if (id === undefined) continue;
    ids[await noteReport(tx, { id, partitionId, report, nowMs })].push(id);
  }
  return { created: ids.created, updated: ids.updated };
}
