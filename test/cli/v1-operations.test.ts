// The names of metal-stack's operations lead to RPCs that exist.
import { expect, test } from "@jest/globals";
import { rules } from "../../gen/rbac/rules.ts";
import { successorsOf, v1Operations } from "../../src/cli/v1-operations.ts";
import { readFileSync } from "node:fs";

const rpcs = [...v1Operations.values()].flat().map(({ rpc }) => rpc);

test("every successor is an RPC of this server", () => {
  expect(rpcs.filter((rpc) => !(`/${rpc}` in rules))).toEqual([]);
});

test("every RPC that was agreed on to stand for an operation does", () => {
  const agreed = readFileSync("test/whole/contract.tsv", "utf8")
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"))
    .filter(([, , , , operation = ""]) => operation !== "");
  expect(agreed.length).toBeGreaterThan(90);
  for (const [service = "", method = "", , , operations = ""] of agreed) {
    const [first = ""] = operations.split(/[ ,]/);
    const successors = v1Operations.get(first.toLowerCase())?.map(({ rpc }) => rpc) ?? [];
    expect([operations, ...(first in renamed ? [renamed[first]] : successors)]).toContain(
      `${service}/${method}`,
    );
  }
});

/** Operations that metal-go knows by another name than their documentation. */
const renamed: Readonly<Record<string, string>> = { version: "metal.v1.VersionService/Get" };

test.each([
  ["findMachine", "", ["metal.v1.MachineService/Get"]],
  ["FINDMACHINE", "", ["metal.v1.MachineService/Get"]],
  ["queryImagesByID", "", ["metal.v1.ImageService/List"]],
  ["findIPMIMachine", "x.Address", ["metal.v1.MachineService/GetBMC"]],
  [
    "findIPMIMachine",
    "x.Ipmi.Password",
    ["metal.v1.MachineService/GetBMC", "metal.v1.MachineService/GetBMCCredentials"],
  ],
  ["updateMachine", "Tags:", ["metal.v1.MachineService/SetTags"]],
  ["updateMachine", "", ["metal.v1.MachineService/Update"]],
  ["toString", "", []],
])("%s, said with %j, is %j", (operation, source, wanted) => {
  expect(successorsOf(operation, source)).toEqual(wanted);
});
