// SwitchService: proto/metal/v1/switch.proto made real. The rules are in domain/switch/, what is shown of switches is in
// switch/view.ts.
import { create } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import {
  type Switch,
  SwitchMode,
  SwitchPortState,
  SwitchSchema,
  type SwitchService,
  type SwitchServiceListRequest,
  type SwitchServiceUpdateRequest,
} from "../../gen/metal/v1/switch_pb.ts";
import { found, update } from "../domain/entity.ts";
import { invalid } from "../domain/errors.ts";
import { deleteSwitch, migrate, togglePort } from "../domain/switch/change.ts";
import { registerSwitch } from "../domain/switch/registration.ts";
import { reportSwitch } from "../domain/switch/report.ts";
import type { Filter, Transaction } from "../store/store.ts";
import type { TimedDeps } from "./deps.ts";
import { listOf } from "./list.ts";
import { showOne, showSwitches } from "./switch/view.ts";

export function switchService({ read, change, now }: TimedDeps) {
  const changed = async (
    context: HandlerContext,
    work: (tx: Transaction) => Promise<Switch>,
  ): Promise<{ switch: Switch }> => ({ switch: await showOne(read, await change(context, work)) });
  return {
    async get({ id }) {
      return { switch: await showOne(read, await found(read.switch, "switch", id)) };
    },
    async list(request) {
      const where = filterOf(request);
      const { items, nextPageToken } = await listOf(read.switch, "switch", { request, where });
      return { switches: await showSwitches(read, items), nextPageToken };
    },
    async register(request, context) {
      const registered = await change(context, (tx) => registerSwitch(tx, request));
      return { ...registered, switch: await showOne(read, registered.switch) };
    },
    async notify(request, context) {
      const { id, lastSync, lastSyncError } = await change(context, (tx) =>
        reportSwitch(tx, request, now()),
      );
      return { id, ...(lastSync && { lastSync }), ...(lastSyncError && { lastSyncError }) };
    },
    update: (request, context) => changed(context, (tx) => updateSwitch(tx, request)),
    delete: (request, context) => changed(context, (tx) => deleteSwitch(tx, request)),
    togglePort: ({ id, nic, status }, context) =>
      changed(context, (tx) => togglePort(tx, { id, nic, desired: wishes[status] ?? "UP" })),
    migrate: ({ oldSwitchId: from, newSwitchId: to }, context) =>
      changed(context, (tx) => migrate(tx, { from, to })),
  } satisfies ServiceImpl<typeof SwitchService>;
}

/** Requests with another status were refused before. */
const wishes: Readonly<Partial<Record<SwitchPortState, "UP" | "DOWN">>> = {
  [SwitchPortState.UP]: "UP",
  [SwitchPortState.DOWN]: "DOWN",
};

function filterOf(request: SwitchServiceListRequest): Filter<"switch"> {
  const { id, name, partitionId, rackId, osVendor, osVersion, machineId } = request;
  return {
    id,
    name,
    partition: partitionId,
    rack: rackId,
    osVendor,
    osVersion,
    machine: machineId,
  };
}

/** What can be changed of a switch; the rest it tells itself. */
const changeable: readonly string[] = ["description", "mode", "console_command"];

function updateSwitch(
  tx: Transaction,
  { switch: sent, updateMask: mask }: SwitchServiceUpdateRequest,
): Promise<Switch> {
  const fixed = mask?.paths.find((path) => !changeable.includes(path));
  if (fixed !== undefined)
    throw invalid(`update_mask: "${fixed}" is none of ${changeable.join(", ")}`);
  return update(tx.switch, "switch", {
    sent: sent && onlyChangeable(sent),
    mask,
    settle: (after) => {
      after.mode ||= SwitchMode.OPERATIONAL;
    },
  });
}

/** Clients send a switch as they read it, with all that the server set. */
function onlyChangeable(sent: Switch): Switch {
  const { id, generation, description, mode, consoleCommand } = sent;
  const values = { id, description, mode, consoleCommand };
  return create(SwitchSchema, { ...values, ...(generation !== undefined && { generation }) });
}
