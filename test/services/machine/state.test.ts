import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  MachineBMCRecordSchema,
  MachineHistorySchema,
  MachineSecretSchema,
} from "../../../gen/metal/store/v1/machine_pb.ts";
import { BMCCommandSchema } from "../../../gen/metal/v1/bmc_command_pb.ts";
import {
  MachineLiveliness,
  MachineNetworkType,
  MachineSchema,
  MachineStateValue,
} from "../../../gen/metal/v1/machine_pb.ts";
import { SwitchSchema } from "../../../gen/metal/v1/switch_pb.ts";
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

const id = machineId(1);
const machines = () => machineClient(store, { id: "test:operator" });
const keep = (machine: MessageInitShape<typeof MachineSchema> = {}) =>
  store.transaction((tx) =>
    tx.machine.insert(create(MachineSchema, { ...(machine as object), id })),
  );
const kept = () => store.read.machine.get(id);
const ecdsa =
  "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg= a comment";

const { AVAILABLE, RESERVED, LOCKED } = MachineStateValue;

describe("SetState", () => {
  const set = (value: MachineStateValue, description = "") =>
    machines().setState({ id, value, description });

  test("keeps why and who, and what registered the machine", async () => {
    await keep({ state: { value: AVAILABLE, metalHammerVersion: "v1" } });
    const { machine } = await set(RESERVED, "for tests");
    expect(machine?.state).toMatchObject({
      value: RESERVED,
      description: "for tests",
      issuer: "test:operator",
      metalHammerVersion: "v1",
    });
    await set(AVAILABLE, "tests are done");
    expect((await kept())?.state).toMatchObject({
      value: AVAILABLE,
      description: "tests are done",
      issuer: "",
      metalHammerVersion: "v1",
    });
  });

  test("needs to be told why, unless the machine becomes available", async () => {
    await keep();
    for (const value of [RESERVED, LOCKED])
      expect(await failure(set(value, " "))).toMatch(/^InvalidArgument: description/);
    expect(await failure(set(MachineStateValue.UNSPECIFIED, "x"))).toMatch(
      /^InvalidArgument: value/,
    );
    expect(await failure(set(AVAILABLE))).toBe("no failure");
  });

  /** From, to, and whether that is possible. */
  const transitions: readonly (readonly [MachineStateValue, MachineStateValue, boolean])[] = [
    [AVAILABLE, RESERVED, true],
    [AVAILABLE, LOCKED, true],
    [RESERVED, LOCKED, true],
    [RESERVED, AVAILABLE, true],
    [LOCKED, AVAILABLE, true],
    [LOCKED, LOCKED, true],
    [LOCKED, RESERVED, false],
  ];
  test.each(transitions)("from %j to %j: %j", async (from, to, possible) => {
    await keep({ state: { value: from, description: "before" } });
    const outcome = await failure(set(to, "now"));
    const refusal = `FailedPrecondition: machine "${id}" is locked: before; make it available first`;
    expect(outcome).toBe(possible ? "no failure" : refusal);
    expect((await kept())?.state?.value).toBe(possible ? to : from);
  });

  test("is refused for a machine that there is not", async () => {
    expect(await failure(set(AVAILABLE))).toBe(`NotFound: no machine "${id}"`);
  });
});

const notAllocated = `FailedPrecondition: machine "${id}" is not allocated`;

describe("SetTags", () => {
  const reserved = "cluster.metal-stack.io/id=c1";
  const allocated = { tags: ["a", "k=1", reserved], allocation: { description: "old" } };
  const set = (tags: string[], more: { description?: string; generation?: bigint } = {}) =>
    machines().setTags({ id, tags, ...more });

  test("replaces tags, and keeps the reserved ones whether or not they are sent", async () => {
    await keep(allocated);
    expect((await set(["b", "b", "k=2"])).machine?.tags).toEqual(["b", "k=2", reserved]);
    expect((await set([reserved, "c"])).machine?.tags).toEqual(["c", reserved]);
    expect((await set([])).machine?.tags).toEqual([reserved]);
  });

  test.each(["cluster.metal-stack.io/id=c2", "machine.metal-stack.io/rack=r", "metal-stack.io/x"])(
    "refuses %j, which the machine does not have",
    async (tag) => {
      await keep(allocated);
      expect(await failure(set(["a", tag]))).toMatch(
        /^InvalidArgument: tags\[1\]: the key of .* is reserved/,
      );
      expect((await kept())?.tags).toEqual(allocated.tags);
    },
  );

  test("changes the description if there is one, also to nothing", async () => {
    await keep(allocated);
    expect((await set(["a"])).machine?.allocation?.description).toBe("old");
    expect((await set(["a"], { description: "new" })).machine?.allocation?.description).toBe("new");
    expect((await set(["a"], { description: "" })).machine?.allocation?.description).toBe("");
  });

  test("refuses to change what changed since it was read, if that is asked for", async () => {
    await keep(allocated);
    await set(["x"]);
    expect(await failure(set(["y"], { generation: 0n }))).toBe(
      `Aborted: machine "${id}" changed since it was read: version 1, not 0`,
    );
    expect((await set(["y"], { generation: 1n })).machine?.tags).toContain("y");
  });

  test("is refused for a machine that is not allocated", async () => {
    await keep();
    expect(await failure(set(["a"]))).toBe(notAllocated);
  });
});

describe("SetSSHKeys", () => {
  const set = (sshPublicKeys: string[], generation?: bigint) =>
    machines().setSSHKeys({ id, sshPublicKeys, ...(generation !== undefined && { generation }) });

  test("replaces the keys, also by none", async () => {
    await keep({ allocation: {} });
    expect((await set([ecdsa])).machine?.allocation?.sshPublicKeys).toEqual([ecdsa]);
    expect((await set([])).machine?.allocation?.sshPublicKeys).toEqual([]);
  });

  test("refuses what is no key, all of it at once, and keeps what was there", async () => {
    await keep({ allocation: { sshPublicKeys: [ecdsa] } });
    const outcome = await failure(set(["ssh-rsa AAAA", ecdsa, "nonsense"]));
    expect(outcome).toMatch(/^InvalidArgument: ssh_public_keys\[0\]: .*; ssh_public_keys\[2\]: /);
    expect((await kept())?.allocation?.sshPublicKeys).toEqual([ecdsa]);
  });

  test("is refused for a machine that is not allocated, or that changed", async () => {
    await keep();
    expect(await failure(set([ecdsa]))).toBe(notAllocated);
    expect(await failure(set([ecdsa], 7n))).toMatch(/^Aborted/);
  });
});

describe("GetConsolePassword", () => {
  const reason = "the machine does not boot";
  const get = () => machines().getConsolePassword({ id, reason });
  const keepSecret = (allocationUuid: string, consolePassword = "pw") =>
    store.transaction((tx) =>
      tx.machineSecret.insert(create(MachineSecretSchema, { id, allocationUuid, consolePassword })),
    );

  test("returns the password, and the reason is on record", async () => {
    await keep({ allocation: { uuid: "one" } });
    await keepSecret("one");
    expect(await get()).toMatchObject({ id, consolePassword: "pw" });
    const [record] = await store.read.audit.list({ where: {}, limit: 1 });
    expect(record).toMatchObject({ reason });
    expect(JSON.stringify(record?.request)).not.toContain("pw");
  });

  test("is refused without a reason, an allocation or an installation", async () => {
    await keep();
    expect(await failure(machines().getConsolePassword({ id }))).toMatch(
      /^InvalidArgument: reason/,
    );
    expect(await failure(get())).toBe(notAllocated);
  });

  test.each([
    ["nothing is known", undefined, ""],
    ["it is of another allocation", "two", "pw"],
    ["there is none yet", "one", ""],
  ])("is refused if %s", async (_, uuid, password) => {
    await keep({ allocation: { uuid: "one" } });
    if (uuid !== undefined) await keepSecret(uuid, password);
    expect(await failure(get())).toBe(`FailedPrecondition: machine "${id}" is not installed yet`);
  });
});

describe("Update", () => {
  const networkType = MachineNetworkType.PRIVATE_PRIMARY_UNSHARED;
  const allocated = {
    rackId: "r",
    sizeId: "small",
    tags: ["a", "machine.metal-stack.io/rack=r"],
    allocation: {
      uuid: "u",
      name: "web",
      description: "old",
      projectId: "p",
      networks: [{ networkType, asn: 4210000001 }],
    },
  };
  const update = (machine: object, paths: string[] = []) =>
    machines().update({ machine: { id, generation: 0n, ...machine }, updateMask: { paths } });

  test("changes what may be changed, and nothing else", async () => {
    await keep(allocated);
    const sent = {
      sizeId: "large",
      waiting: true,
      tags: ["b", "cluster.metal-stack.io/id=c"],
      allocation: { name: "db", projectId: "other", sshPublicKeys: [ecdsa] },
    };
    const { machine } = await update(sent);
    expect(machine).toMatchObject({
      sizeId: "small",
      waiting: false,
      generation: 1n,
      allocation: {
        name: "db",
        description: "old",
        projectId: "p",
        uuid: "u",
        sshPublicKeys: [ecdsa],
        networks: [{ asn: 4210000001 }],
      },
    });
    expect(machine?.tags).toEqual([
      "b",
      "cluster.metal-stack.io/id=c",
      "machine.metal-stack.io/network.primary.asn=4210000001",
      "machine.metal-stack.io/rack=r",
    ]);
  });

  test("clears what its mask names, but not what the server says in tags", async () => {
    await keep({ ...allocated, allocation: { ...allocated.allocation, sshPublicKeys: [ecdsa] } });
    const paths = ["tags", "allocation.description", "allocation.ssh_public_keys"];
    const { machine } = await update({}, paths);
    expect(machine?.allocation).toMatchObject({ name: "web", description: "", sshPublicKeys: [] });
    expect(machine?.tags).toEqual([
      "machine.metal-stack.io/network.primary.asn=4210000001",
      "machine.metal-stack.io/rack=r",
    ]);
  });

  test.each([
    ["a field that cannot be changed", {}, ["size_id"], /^InvalidArgument: update_mask: "size_id"/],
    ["the whole allocation", {}, ["allocation"], /^InvalidArgument: update_mask/],
    [
      "what is no key",
      { allocation: { sshPublicKeys: ["x"] } },
      [],
      /^InvalidArgument: ssh_public_keys\[0\]/,
    ],
    ["what was never read", { generation: undefined }, [], /^InvalidArgument: machine.generation/],
    ["what changed since it was read", { generation: 7n }, [], /^Aborted/],
    ["what breaks a rule of the proto", { tags: [""] }, [], /^InvalidArgument: machine.tags\[0\]/],
  ])("refuses %s, and changes nothing", async (_, machine, paths, refusal) => {
    await keep(allocated);
    expect(await failure(update(machine, paths))).toMatch(refusal);
    expect(await kept()).toMatchObject({ ...allocated, generation: 0n });
  });

  test("is refused for a machine that is not allocated, or that there is not", async () => {
    expect(await failure(update({ tags: ["a"] }))).toMatch(/^NotFound/);
    await keep();
    expect(await failure(update({ tags: ["a"] }))).toBe(notAllocated);
    expect(await failure(machines().update({}))).toMatch(/^InvalidArgument: machine: is missing/);
  });
});

describe("Delete", () => {
  const forget = () => machines().delete({ id });
  const history = (liveliness: MachineLiveliness) =>
    store.transaction((tx) =>
      tx.machineHistory.insert(create(MachineHistorySchema, { id, liveliness })),
    );

  test("forgets a dead machine with all that belongs to it, and its place at switches", async () => {
    await keep({ rackId: "r" });
    await history(MachineLiveliness.DEAD);
    const other = { machineId: machineId(2), nic: { name: "b" } };
    await store.transaction(async (tx) => {
      await tx.machineBmc.insert(create(MachineBMCRecordSchema, { id }));
      await tx.machineSecret.insert(create(MachineSecretSchema, { id }));
      await tx.bmcCommand.insert(create(BMCCommandSchema, { id: "c", machineId: id }));
      for (const name of ["leaf-1", "leaf-2"])
        await tx.switch.insert(
          create(SwitchSchema, {
            id: name,
            rackId: name,
            connections: [{ machineId: id, nic: { name: "a" } }, other],
          }),
        );
    });
    expect((await forget()).machine).toMatchObject({
      rackId: "r",
      liveliness: MachineLiveliness.DEAD,
    });
    const { read } = store;
    for (const kind of [
      "machine",
      "machineHistory",
      "machineBmc",
      "machineSecret",
      "bmcCommand",
    ] as const)
      expect([kind, await read[kind].count({})]).toEqual([kind, 0]);
    for (const name of ["leaf-1", "leaf-2"])
      expect((await read.switch.get(name))?.connections).toMatchObject([other]);
  });

  test("forgets a machine that was never heard of", async () => {
    await keep();
    await forget();
    expect(await kept()).toBeUndefined();
    expect(await failure(forget())).toMatch(/^NotFound/);
  });

  test.each([
    [
      "is allocated",
      { allocation: { projectId: "p" } },
      MachineLiveliness.DEAD,
      /is allocated to project "p"/,
    ],
    [
      "is locked",
      { state: { value: LOCKED, description: "why" } },
      MachineLiveliness.DEAD,
      /is locked: why/,
    ],
    ["is alive", {}, MachineLiveliness.ALIVE, /is alive/],
  ])("is refused for a machine that %s", async (_, machine, liveliness, refusal) => {
    await keep(machine);
    await history(liveliness);
    const outcome = await failure(forget());
    expect(outcome).toMatch(/^FailedPrecondition/);
    expect(outcome).toMatch(refusal);
    expect(await kept()).toBeDefined();
  });
});
