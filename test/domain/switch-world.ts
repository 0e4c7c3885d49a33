// Two leaves of a rack, their ports, and what is plugged into them.
import type { Connection, Neighbor, Switch, SwitchNic } from "../../src/domain/switch-facts.ts";

/** A port with the identifier of its name; SONiC does not tell MAC addresses. */
export const port = (name: string, vrf = ""): SwitchNic => ({
  name,
  identifier: `id of ${name}`,
  mac: "",
  vrf,
});

/** "m1:Ethernet0 m2:Ethernet4" */
export function plugged(text: string): Connection[] {
  return text
    .split(" ")
    .filter((word) => word !== "")
    .map((word) => {
      const [machineId = "", name = ""] = word.split(":");
      return { nic: port(name), machineId };
    });
}

/** A switch with these ports, separated by blanks. */
export function leaf(id: string, ports: string, given: Partial<Switch> = {}): Switch {
  return {
    id,
    name: id,
    partitionId: "east",
    rackId: "rack-1",
    vendor: ports.startsWith("swp") ? "Cumulus" : "SONiC",
    mode: "operational",
    nics: ports.split(" ").map((name) => port(name)),
    connections: [],
    ...given,
  };
}

/** What a machine sees at the other end of its cable: "leaf1:Ethernet0". The place of the MAC has the identifier. */
export function neighbor(text: string): Neighbor {
  const [hostname = "", name = ""] = text.split(":");
  return { ...port(name), mac: port(name).identifier, hostname };
}
