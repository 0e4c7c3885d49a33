// The methods of MachineService that change what is said of a machine, and forget it.
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { Machine, MachineService } from "../../../gen/metal/v1/machine_pb.ts";
import { found } from "../../domain/entity.ts";
import { aborted, precondition } from "../../domain/errors.ts";
import { allocationOf } from "../../domain/machine.ts";
import { changeMachine, setSshKeys, setTags } from "../../domain/machine-change.ts";
import { forgetMachine } from "../../domain/machine-removal.ts";
import { setState } from "../../domain/machine-state.ts";
import { viewMachine } from "../../domain/machine-view.ts";
import { callOf } from "../../rbac/call.ts";
import type { Transaction } from "../../store/store.ts";
import type { MachineDeps } from "./deps.ts";

type Methods = Pick<
  ServiceImpl<typeof MachineService>,
  "setState" | "setTags" | "setSSHKeys" | "getConsolePassword" | "update" | "delete"
>;

/** Which machine to change. */
interface Target {
  readonly id: string;
  /** The one that was read; any if absent. */
  readonly generation?: bigint;
}

export function stateMethods({ read, change }: MachineDeps): Methods {
  /** Runs `work` on a machine, keeps what it makes of it, and shows that. */
  const changed = async (
    context: HandlerContext,
    { id, generation }: Target,
    work: (machine: Machine, tx: Transaction) => unknown,
  ) => {
    const machine = await change(context, async (tx) => {
      const known = await found(tx.machine, "machine", id.toLowerCase());
      assertGeneration(known, generation);
      await work(known, tx);
      return tx.machine.update(known);
    });
    return { machine: await viewMachine(read, machine) };
  };
  return {
    setState: ({ id, value, description }, context) =>
      changed(context, { id }, (machine) =>
        setState(machine, { value, description, issuer: issuerOf(context) }),
      ),
    setTags: (request, context) =>
      changed(context, request, (machine) => setTags(machine, request)),
    setSSHKeys: (request, context) =>
      changed(context, request, (machine) => setSshKeys(machine, request.sshPublicKeys)),
    async getConsolePassword({ id }) {
      const machine = await found(read.machine, "machine", id.toLowerCase());
      const { uuid } = allocationOf(machine);
      const secret = await read.machineSecret.get(machine.id);
      const isKnown = secret?.allocationUuid === uuid && secret.consolePassword !== "";
      if (!isKnown) throw precondition(`machine "${machine.id}" is not installed yet`);
      return { id: machine.id, consolePassword: secret.consolePassword };
    },
    async update({ machine, updateMask }, context) {
      const sent = { sent: machine, paths: updateMask?.paths ?? [] };
      const updated = await change(context, (tx) => changeMachine(tx, sent));
      return { machine: await viewMachine(read, updated) };
    },
    async delete({ id }, context) {
      return { machine: await change(context, (tx) => forgetMachine(tx, id.toLowerCase())) };
    },
  };
}

const issuerOf = ({ values }: HandlerContext): string => callOf(values).principal?.id ?? "";

function assertGeneration({ id, generation }: Machine, wanted: bigint | undefined): void {
  if (wanted === undefined || wanted === generation) return;
  throw aborted(`machine "${id}" changed since it was read: version ${generation}, not ${wanted}`);
}
