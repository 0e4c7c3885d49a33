import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "@jest/globals";
import { MachineRole, MachineSchema } from "../../gen/metal/v1/machine_pb.ts";
import { connectionOf, isNodeOf, machineOfNode } from "../../src/domain/vpn-connection.ts";
import { machineId } from "../world/machines.ts";

const id = machineId(1);
const allocated = (values: object) => create(MachineSchema, { id, allocation: values });
const firewall = allocated({ role: MachineRole.FIREWALL, projectId: "p" });
const node = (values: object = {}) => ({
  name: id,
  projectId: "p",
  online: true,
  ips: ["fd7a::1", "100.64.0.1"],
  ...values,
});

describe("a firewall", () => {
  test.each([
    ["with its node", [node()], true, ["100.64.0.1", "fd7a::1"]],
    ["with its node offline", [node({ online: false })], false, ["100.64.0.1", "fd7a::1"]],
    ["without a node", [], false, []],
    ["with the node of another project only", [node({ projectId: "q" })], false, []],
    ["with the node of another machine only", [node({ name: machineId(2) })], false, []],
    ["named in upper case", [node({ name: id.toUpperCase() })], true, ["100.64.0.1", "fd7a::1"]],
    [
      "with an old node and a new one",
      [node({ online: false, ips: ["100.64.0.9"] }), node()],
      true,
      ["100.64.0.1", "fd7a::1"],
    ],
  ])("%s is connected: %#", (_, nodes, connected, ips) => {
    expect(connectionOf(firewall, nodes)).toEqual({ connected, ips });
  });
});

describe("a node", () => {
  test("is that of a firewall while that is allocated to the same project", () => {
    expect(isNodeOf(node(), firewall)).toBe(true);
    expect(isNodeOf(node({ projectId: "q" }), firewall)).toBe(false);
  });

  test.each([
    ["a free machine", create(MachineSchema, { id })],
    ["a machine that is no firewall", allocated({ role: MachineRole.MACHINE, projectId: "p" })],
  ])("is not that of %s", (_, machine) => {
    expect(isNodeOf(node(), machine)).toBe(false);
  });

  test("of people is named after no machine", () => {
    expect(machineOfNode({ name: "laptop" })).toBeUndefined();
    expect(machineOfNode({ name: id.toUpperCase() })).toBe(id);
  });
});
