// What switches report every few seconds. It is kept apart from the switch, which changes only when a wish came true.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type SwitchPortStatus,
  SwitchPortStatusSchema,
  type SwitchStatus,
  SwitchStatusSchema,
} from "../../../gen/metal/store/v1/machine_pb.ts";
import {
  type Switch,
  SwitchPortState,
  type SwitchServiceNotifyRequest,
  SwitchSyncSchema,
} from "../../../gen/metal/v1/switch_pb.ts";
import type { Transaction } from "../../store/store.ts";
import { found } from "../entity.ts";
import { type PortState, type PortStatus, reportPorts } from "../switch-port-state.ts";
import { portStateNumber, portStateOf, portStatusOf } from "./port-status.ts";

type Report = SwitchServiceNotifyRequest;

/** Keeps a report; `nowMs` is when it came, in milliseconds since 1970. Throws not_found. */
export async function reportSwitch(
  tx: Transaction,
  report: Report,
  nowMs: number,
): Promise<SwitchStatus> {
  const one = await found(tx.switch, "switch", report.id);
  const known = await tx.switchStatus.get(report.id);
  const status = known ?? create(SwitchStatusSchema, { id: report.id });
  noteSync(status, report, nowMs);
  const states = statesAfter(one, status, report);
  status.ports = portsAfter(one, status, { report, states });
  if (grantWishes(one, states)) await tx.switch.update(one);
  return known === undefined ? tx.switchStatus.insert(status) : tx.switchStatus.update(status);
}

function noteSync(status: SwitchStatus, { error, syncDuration }: Report, nowMs: number): void {
  const sync = create(SwitchSyncSchema, { time: timestampFromMs(nowMs), error });
  if (syncDuration !== undefined) sync.duration = syncDuration;
  if (error === "") status.lastSync = sync;
  if (error !== "") status.lastSyncError = sync;
}

type States = ReadonlyMap<string, PortState | undefined>;

/** The states of all ports by name. What is not reported stays. */
function statesAfter({ nics }: Switch, status: SwitchStatus, { portStates }: Report): States {
  const before = nics.map((nic) => {
    const state = portStateOf(nic, status);
    return { name: nic.name, ...(state && { state }) };
  });
  const words = Object.entries(portStates).map(([name, state]): [string, PortStatus] => [
    name,
    portStatusOf(state),
  ]);
  const after = reportPorts(before, Object.fromEntries(words));
  return new Map(after.map(({ name, state }) => [name, state]));
}

/** What is kept of ports, only of those that there are. A report about BGP tells it of all ports. */
function portsAfter(
  { nics }: Switch,
  { ports }: SwitchStatus,
  { report, states }: { readonly report: Report; readonly states: States },
): Record<string, SwitchPortStatus> {
  const reported = new Map(Object.entries(report.bgpPortStates));
  const kept = nics.flatMap(({ name }): [string, SwitchPortStatus][] => {
    const state = states.get(name);
    const bgp = reported.size > 0 ? reported.get(name) : ports[name]?.bgp;
    if (state === undefined && bgp === undefined) return [];
    const actual = state === undefined ? SwitchPortState.UNKNOWN : portStateNumber(state.actual);
    return [[name, create(SwitchPortStatusSchema, { actual, ...(bgp && { bgp }) })]];
  });
  return Object.fromEntries(kept);
}

/** Takes away the wishes that came true; false if there was none. */
function grantWishes({ nics }: Switch, states: States): boolean {
  const granted = nics.filter(
    ({ name, desired }) =>
      desired !== SwitchPortState.UNSPECIFIED && states.get(name)?.desired === undefined,
  );
  for (const nic of granted) nic.desired = SwitchPortState.UNSPECIFIED;
  return granted.length > 0;
}
