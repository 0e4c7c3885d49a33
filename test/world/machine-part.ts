// MachineService on a store without a port, for any caller, while it is not served as a whole.
import type { Client } from "@connectrpc/connect";
import { MachineService } from "../../gen/metal/v1/machine_pb.ts";
import { createChange } from "../../src/audit/change.ts";
import type { Principal } from "../../src/rbac/principal.ts";
import { machineService } from "../../src/services/machine.ts";
import type { MachineDeps } from "../../src/services/machine/deps.ts";
import type { Store } from "../../src/store/store.ts";
import { caller, partClient } from "./part.ts";

/** A client of MachineService on `store`. Who calls is an administrator, unless facts say otherwise. */
export function machineClient(
  store: Store,
  facts: Partial<Principal> = {},
  options: Partial<MachineDeps> = {},
): Client<typeof MachineService> {
  const { read, changes } = store;
  const deps = { read, changes, change: createChange(store), now: Date.now, ...options };
  return partClient(MachineService, {
    store,
    principal: caller(facts),
    routes: (router) => void router.service(MachineService, machineService(deps)),
  });
}
