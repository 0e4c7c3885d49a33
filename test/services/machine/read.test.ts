import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { MachineSecretSchema } from "../../../gen/metal/store/v1/machine_pb.ts";
import {
  MachineLiveliness,
  MachineRole,
  MachineSchema,
  MachineStateValue,
} from "../../../gen/metal/v1/machine_pb.ts";
import { recordEvent } from "../../../src/domain/machine-history.ts";
import type { Store } from "../../../src/store/store.ts";
import { failure } from "../../world/failure.ts";
import { machineClient } from "../../world/machine-part.ts";
import { machineId } from "../../world/machines.ts";
import { openTestStore } from "../../world/store.ts";

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const keep = (...machines: MessageInitShape<typeof MachineSchema>[]) =>
  store.transaction(async (tx) => {
    for (const one of machines) await tx.machine.insert(create(MachineSchema, one));
  });
const machines = () => machineClient(store);
const [a, b] = [machineId(1), machineId(2)];

describe("get", () => {
  test("shows a machine with its liveliness and its newest events", async () => {
    await keep({ id: a });
    await store.transaction(async (tx) => {
      for (let time = 1; time <= 25; time += 1)
        await recordEvent(tx, a, { event: "Planned Reboot", message: `${time}`, time });
    });
    const { machine } = await machines().get({ id: a.toUpperCase() });
    expect(machine).toMatchObject({ id: a, liveliness: MachineLiveliness.ALIVE });
    expect(machine?.events?.log).toHaveLength(20);
    expect(machine?.events?.log[0]?.message).toBe("25");
  });

  test("shows a machine that was never heard of, and refuses one that there is not", async () => {
    await keep({ id: a });
    const { machine } = await machines().get({ id: a });
    expect(machine).toMatchObject({ liveliness: MachineLiveliness.UNSPECIFIED });
    expect(machine?.events?.log).toEqual([]);
    expect(await failure(machines().get({ id: b }))).toBe(`NotFound: no machine "${b}"`);
    expect(await failure(machines().get({ id: "x" }))).toMatch(/^InvalidArgument: id/);
  });

  const allocation = { uuid: "one", projectId: "p", vpn: { address: "vpn" } };
  const secret = { id: a, allocationUuid: "one", userData: "data", vpnAuthKey: "key" };
  const shown = async (facts: object) => {
    const { machine } = await machineClient(store, facts).get({ id: a });
    return [machine?.allocation?.userData, machine?.allocation?.vpn?.authKey];
  };

  test("shows secrets to the installer, of its own machine if it has one, and to nobody else", async () => {
    await keep({ id: a, allocation });
    await store.transaction((tx) => tx.machineSecret.insert(create(MachineSecretSchema, secret)));
    expect(await shown({ component: "metal-hammer" })).toEqual(["data", "key"]);
    expect(await shown({ component: "metal-hammer", machine: a })).toEqual(["data", "key"]);
    expect(await failure(shown({ component: "metal-hammer", machine: b }))).toMatch(
      /^PermissionDenied/,
    );
    expect(await shown({ component: "metal-core" })).toEqual(["", ""]);
    expect(await shown({})).toEqual(["", ""]);
  });

  test("shows no secrets of another allocation", async () => {
    await keep({ id: a, allocation: { ...allocation, uuid: "two" } });
    await store.transaction((tx) => tx.machineSecret.insert(create(MachineSecretSchema, secret)));
    expect(await shown({ component: "metal-hammer" })).toEqual(["", ""]);
  });
});

const full: MessageInitShape<typeof MachineSchema> = {
  id: a,
  partitionId: "north",
  rackId: "rack",
  sizeId: "small",
  tags: ["x", "k=v"],
  waiting: false,
  state: { value: MachineStateValue.RESERVED },
  hardware: { nics: [{ mac: "0a:00:00:00:00:01" }, { mac: "0a:00:00:00:00:02" }] },
  allocation: {
    uuid: "allocation",
    name: "web",
    projectId: "shop",
    imageId: "debian-13.1",
    hostname: "web-1",
    role: MachineRole.FIREWALL,
    filesystemLayout: { id: "default" },
    networks: [
      { networkId: "n1", ips: ["10.0.0.1", "2001:db8::1"], asn: 4210000001, vrf: 7 },
      { networkId: "n2", ips: ["10.9.0.1"], asn: 4210000001, vrf: 9 },
    ],
  },
};
const other: MessageInitShape<typeof MachineSchema> = {
  id: b,
  partitionId: "south",
  waiting: true,
};

/** A filter, and whether each of the two machines fulfils it. */
const filters: readonly (readonly [object, boolean, boolean])[] = [
  [{}, true, true],
  [{ id: a }, true, false],
  [{ id: a.toUpperCase() }, true, false],
  [{ name: "web" }, true, false],
  [{ name: "we" }, false, false],
  [{ partitionId: "north" }, true, false],
  [{ sizeId: "small" }, true, false],
  [{ rackId: "rack" }, true, false],
  [{ tags: ["x", "k=v"] }, true, false],
  [{ tags: ["x", "y"] }, false, false],
  [{ projectId: "shop" }, true, false],
  [{ role: MachineRole.FIREWALL }, true, false],
  [{ role: MachineRole.MACHINE }, false, false],
  [{ state: MachineStateValue.RESERVED }, true, false],
  [{ state: MachineStateValue.AVAILABLE }, false, true],
  [{ allocated: true }, true, false],
  [{ allocated: false }, false, true],
  [{ waiting: true }, false, true],
  [{ waiting: false }, true, false],
  [{ hostname: "web-1" }, true, false],
  [{ imageId: "debian-13.1" }, true, false],
  [{ filesystemLayoutId: "default" }, true, false],
  [{ allocationUuid: "allocation" }, true, false],
  [{ networkIds: ["n1", "n2"] }, true, false],
  [{ networkIds: ["n1", "n3"] }, false, false],
  [{ networkIps: ["10.9.0.1", "2001:db8::1"] }, true, false],
  [{ networkAsn: 4210000001 }, true, false],
  [{ networkVrf: 9 }, true, false],
  [{ networkVrf: 8 }, false, false],
  [{ nicMacs: ["0a:00:00:00:00:01", "0a:00:00:00:00:02"] }, true, false],
  [{ partitionId: "north", allocated: false }, false, false],
];

describe("list", () => {
  test.each(filters)("filters by %j", async (filter, ...wanted) => {
    await keep(full, other);
    const found = (await machines().list(filter)).machines.map(({ id }) => id);
    expect([found.includes(a), found.includes(b)]).toEqual(wanted);
  });

  test("pages through all machines by id, each with its history", async () => {
    const ids = [3, 1, 2].map(machineId);
    await keep(...ids.map((id) => ({ id })));
    await store.transaction((tx) =>
      recordEvent(tx, machineId(3), { event: "Waiting", message: "", time: 1 }),
    );
    const first = await machines().list({ pageSize: 2 });
    expect(first.machines.map(({ id }) => id)).toEqual([1, 2].map(machineId));
    const next = await machines().list({ pageSize: 2, pageToken: first.nextPageToken });
    expect(next.machines).toMatchObject([
      { id: machineId(3), liveliness: MachineLiveliness.ALIVE },
    ]);
    expect(next.nextPageToken).toBe("");
  });

  test("shows no secret to anybody, the installer included", async () => {
    await keep(full);
    await store.transaction((tx) =>
      tx.machineSecret.insert(
        create(MachineSecretSchema, { id: a, allocationUuid: "allocation", userData: "data" }),
      ),
    );
    const { machines: found } = await machineClient(store, { component: "metal-hammer" }).list({});
    expect(found[0]?.allocation?.userData).toBe("");
  });
});
