// A switch that registers: it is new, known, or takes the place of another one under its id.
import { clone, create, equals } from "@bufbuild/protobuf";
import {
  type Switch,
  SwitchMode,
  type SwitchNic,
  SwitchNicSchema,
  SwitchSchema,
  type SwitchServiceRegisterRequest,
} from "../../../gen/metal/v1/switch_pb.ts";
import type { Transaction } from "../../store/store.ts";
import { found } from "../entity.ts";
import { every } from "../every.ts";
import { connectionMessages, switchFacts } from "../switch-message.ts";
import { assertDistinctNics, mergeNics } from "../switch-nics.ts";
import { findTwin, replaceSwitch } from "../switch-replace.ts";
import { moveMachines } from "./neighbor.ts";

type Sent = SwitchServiceRegisterRequest;

/** What became of a registration. */
export interface Registered {
  readonly switch: Switch;
  /** It was not known before. */
  readonly created: boolean;
}

/**
 * Makes a switch known or takes over what it has become. Throws not_found if there is no such partition,
 * invalid_argument if two ports are one, failed_precondition if a machine would lose its port or the switch that it
 * replaces cannot be replaced.
 */
export async function registerSwitch(tx: Transaction, sent: Sent): Promise<Registered> {
  await found(tx.partition, "partition", sent.partitionId);
  const nics = sent.nics.map(bare);
  assertDistinctNics("nics", nics);
  const known = await tx.switch.get(sent.id);
  if (known === undefined) {
    const fresh = create(SwitchSchema, { id: sent.id, mode: SwitchMode.OPERATIONAL, nics });
    return { switch: await tx.switch.insert(described(fresh, sent)), created: true };
  }
  const after = described(clone(SwitchSchema, known), sent);
  if (known.mode === SwitchMode.REPLACE) await takePlace(tx, known, { after, nics });
  if (known.mode !== SwitchMode.REPLACE)
    after.nics = mergeNics(known.nics, nics, switchFacts(known).connections);
  return { switch: await keepChanged(tx, known, after), created: false };
}

/** Agents register at every start: usually nothing is new. */
async function keepChanged(tx: Transaction, known: Switch, after: Switch): Promise<Switch> {
  return equals(SwitchSchema, known, after) ? known : tx.switch.update(after);
}

/** What a switch says of a port; the rest is the server's. */
function bare({ mac, name, identifier }: SwitchNic): SwitchNic {
  return create(SwitchNicSchema, { mac, name, identifier });
}

function described(one: Switch, sent: Sent): Switch {
  const { rackId, partitionId, os, managementIp, managementUser } = sent;
  one.name = sent.name ?? one.name;
  one.description = sent.description ?? one.description;
  return Object.assign(one, { rackId, partitionId, os, managementIp, managementUser });
}

interface Successor {
  /** What `known` becomes. */
  readonly after: Switch;
  readonly nics: SwitchNic[];
}

/** The new hardware gets what is connected with the other switch of the rack: both are wired alike. */
async function takePlace(tx: Transaction, known: Switch, { after, nics }: Successor) {
  const where = { partition: known.partitionId, rack: known.rackId };
  const rack = await Array.fromAsync(every(tx.switch, "switch", { where }), switchFacts);
  const broken = switchFacts(known);
  after.nics = nics;
  const takeover = replaceSwitch(broken, switchFacts(after), findTwin(broken, rack));
  const wishes = new Map(known.nics.map(({ name, desired }) => [name, desired]));
  after.nics = takeover.nics.map((nic) => ({
    ...nic,
    desired: wishes.get(nic.name) ?? nic.desired,
  }));
  after.connections = connectionMessages(takeover.connections);
  after.mode = SwitchMode.OPERATIONAL;
  await moveMachines(tx, takeover.moves);
}
