import { create } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { BootService } from "../../gen/api/v1/boot_pb.ts";
import { AuditService } from "../../gen/metal/v1/audit_pb.ts";
import { BmcCommandType } from "../../gen/metal/v1/bmc_command_pb.ts";
import {
  MachineAllocationSchema,
  MachineInstallationState,
  MachineLedValue,
  MachineLiveliness,
  MachineNetworkType,
  MachinePowerMetricSchema,
  MachineRole,
  MachineStateValue,
} from "../../gen/metal/v1/machine_pb.ts";
import { BootConfigSchema } from "../../gen/metal/v1/partition_pb.ts";
import { movePorts } from "../../src/domain/machine-port.ts";
import { failure } from "../world/failure.ts";
import {
  addSwitches,
  hardwareOf,
  keepRack,
  machineId,
  portOf,
  rackOne,
  registration,
  type Unusual,
} from "../world/machines.ts";
import { everyone, startWorld, type World } from "../world/server.ts";

let world: World;
const clock = { ms: 0 };
beforeEach(async () => {
  clock.ms = Date.now();
  world = await startWorld({ users: everyone, now: () => clock.ms });
  await keepRack(world.store);
});
afterEach(() => world.close());

const hammer = () => world.client(BootService, "metal-hammer");
const pixie = () => world.client(BootService, "pixiecore");
const id = machineId(1);
const { read, transaction } = {
  read: () => world.store.read,
  transaction: (...work: Parameters<World["store"]["transaction"]>) =>
    world.store.transaction(...work),
};
const machine = async (uuid = id) => {
  const found = await read().machine.get(uuid);
  if (found === undefined) throw new Error(`no machine ${uuid}`);
  return found;
};
const bmc = async () => (await read().machineBmc.get(id))?.bmc;

/** "leaf-1 Ethernet4 vrf7" for each port that the machine is plugged into. */
async function portsOf(uuid = id): Promise<string[]> {
  const switches = await read().switch.list({ where: { machine: uuid }, limit: 9 });
  return switches.flatMap(({ id: name, nics, connections }) =>
    connections
      .filter(({ machineId: one }) => one === uuid)
      .map(({ nic }) => nics.find((port) => port.identifier === nic?.identifier))
      .map((port) => `${name} ${port?.name} ${port?.vrf}`),
  );
}

const commands = async () =>
  (await read().bmcCommand.list({ where: { machine: id }, limit: 99 })).map(({ type }) => type);

/** Gives the machine to a project, as far as its boot is concerned. */
async function allocate(values: Parameters<typeof create<typeof MachineAllocationSchema>>[1] = {}) {
  await transaction(async (tx) => {
    const known = await tx.machine.get(id);
    if (known === undefined) throw new Error("no machine");
    const networkType = MachineNetworkType.PRIVATE_PRIMARY_UNSHARED;
    const allocation = create(MachineAllocationSchema, {
      uuid: "allocation-1",
      projectId: "p",
      imageId: "debian-13.1",
      role: MachineRole.MACHINE,
      networks: [
        { networkId: "internet", vrf: 5, networkType: MachineNetworkType.EXTERNAL },
        { networkId: "private", vrf: 7, networkType },
      ],
      ...values,
    });
    await tx.machine.update({ ...known, allocation, waiting: false });
  });
}

describe("dhcp", () => {
  test("records that the machine boots, and makes it known", async () => {
    await pixie().dhcp({ uuid: id });
    expect((await read().machineHistory.get(id))?.events?.log).toMatchObject([
      { event: "PXE Booting", message: "machine sent extended dhcp request" },
    ]);
    expect(await machine()).toMatchObject({ partitionId: "", waiting: false });
  });
});

describe("boot", () => {
  const boot = (partitionId: string) => pixie().boot({ partitionId, mac: "x" });

  test("says what machines of the partition boot", async () => {
    const bootConfig = create(BootConfigSchema, {
      imageUrl: "https://images.example/initrd",
      kernelUrl: "https://images.example/kernel",
      commandLine: "console=ttyS0",
    });
    await transaction(async (tx) => {
      const partition = await tx.partition.get("north");
      if (partition) await tx.partition.update({ ...partition, bootConfig });
    });
    expect(await boot("north")).toMatchObject({
      kernel: bootConfig.kernelUrl,
      initRamDisks: [bootConfig.imageUrl],
      cmdline: bootConfig.commandLine,
    });
  });

  test("is refused for a partition that there is not, or that does not say", async () => {
    expect(await failure(boot("none"))).toBe('NotFound: no partition "none"');
    expect(await failure(boot("north"))).toBe(
      'FailedPrecondition: partition "north" does not say what machines boot',
    );
  });
});

describe("the password of the super-user", () => {
  test("is told if there is one, and that there is none if there is not", async () => {
    expect(await hammer().superUserPassword({})).toMatchObject({
      featureDisabled: true,
      superUserPassword: "",
    });
    const other = await startWorld({ users: everyone, superUserPassword: "secret" });
    const answer = await other.client(BootService, "metal-hammer").superUserPassword({});
    expect(answer).toMatchObject({ featureDisabled: false, superUserPassword: "secret" });
    await other.close();
  });
});

describe("register", () => {
  const register = (n = 1, unusual: Unusual = {}) => hammer().register(registration(n, unusual));

  test("a new machine gets size, rack and partition, ports, BMC and a history", async () => {
    expect(await register(1, { tags: ["a", "b"] })).toMatchObject({
      uuid: id,
      size: "small",
      partitionId: "north",
    });
    expect(await machine()).toMatchObject({
      partitionId: "north",
      rackId: "rack-1",
      sizeId: "small",
      tags: ["a", "b"],
      state: { value: MachineStateValue.AVAILABLE, metalHammerVersion: "v0.1.0" },
      led: { value: MachineLedValue.OFF, description: "machine registered" },
      bios: { version: "1.0" },
      hardware: { cpuCores: 8, nics: [{ name: "eth0" }, { name: "eth1" }] },
    });
    expect(await portsOf()).toEqual([`leaf-1 ${portOf(1)} `, `leaf-2 ${portOf(1)} `]);
    expect(await read().machineBmc.get(id)).toMatchObject({
      user: "metal",
      password: "password of 1",
      bmc: {
        address: "10.1.0.1:623",
        partitionId: "north",
        fru: { chassisPartSerial: "chassis-1" },
      },
    });
    const history = await read().machineHistory.get(id);
    expect(history).toMatchObject({ liveliness: MachineLiveliness.ALIVE, events: { log: [] } });
  });

  test("a machine that events made known is completed", async () => {
    await pixie().dhcp({ uuid: id });
    await register();
    expect(await machine()).toMatchObject({ sizeId: "small", generation: 1n });
    expect((await read().machineHistory.get(id))?.events?.log).toHaveLength(1);
  });

  test("a UUID in upper case is the same machine", async () => {
    const uuid = "ABCDEF00-0000-4000-8000-000000000001";
    expect((await register(1, { uuid })).uuid).toBe(uuid.toLowerCase());
    expect(await machine(uuid.toLowerCase())).toMatchObject({ sizeId: "small" });
  });

  test("a known machine keeps tags, state and LED, and what it does not tell of its BMC", async () => {
    await register(1, { tags: ["a"] });
    const metric = { averageConsumedWatts: 7 };
    await transaction(async (tx) => {
      const record = await tx.machineBmc.get(id);
      if (record?.bmc) record.bmc.powerMetric = create(MachinePowerMetricSchema, metric);
      if (record) await tx.machineBmc.update(record);
      const known = await tx.machine.get(id);
      if (known?.state) known.state.value = MachineStateValue.RESERVED;
      if (known) await tx.machine.update(known);
    });
    await register(1, { tags: ["b"], ipmi: { address: "10.1.0.9:623" }, metalHammerVersion: "v2" });
    expect(await machine()).toMatchObject({
      tags: ["a"],
      state: { value: MachineStateValue.RESERVED, metalHammerVersion: "v2" },
    });
    expect(await read().machineBmc.get(id)).toMatchObject({
      user: "metal",
      password: "password of 1",
      bmc: {
        address: "10.1.0.9:623",
        mac: "0c:00:00:00:00:01",
        powerMetric: metric,
        fru: { chassisPartSerial: "chassis-1" },
      },
    });
  });

  test("without a word about the BMC all that is known of it stays", async () => {
    await register();
    const before = await bmc();
    clock.ms += 1000;
    await register(1, { ipmi: undefined });
    expect(await bmc()).toEqual(before);
  });

  test("hardware that no size has, or several, is of size unknown", async () => {
    const memory = 1n;
    expect((await register(1, { hardware: { ...hardwareOf(1), memory } })).size).toBe("unknown");
    expect(await machine()).toMatchObject({ sizeId: "unknown" });
  });

  test("an allocated machine keeps its size, whatever becomes of its hardware", async () => {
    await register();
    await allocate();
    const hardware = { ...hardwareOf(1), memory: 1n };
    expect((await register(1, { hardware })).size).toBe("small");
    expect(await machine()).toMatchObject({ sizeId: "small", hardware: { memory: 1n } });
  });

  test("a machine that is plugged wrong is not registered at all", async () => {
    const hardware = hardwareOf(1);
    const one = { ...hardware, nics: hardware.nics.slice(0, 1) };
    expect(await failure(register(1, { hardware: one }))).toMatch(
      /^FailedPrecondition: machine ".*" must be plugged into two switches, it is in 1: "leaf-1"/,
    );
    expect(await read().machine.count({})).toBe(0);
    expect(await read().machineBmc.count({})).toBe(0);
    expect(await portsOf()).toEqual([]);
  });

  test("a machine that was moved to another rack or partition has to be deleted first", async () => {
    await register();
    const elsewhere = { ...rackOne, rack: "rack-2", switches: ["spine-3", "spine-4"] as const };
    await transaction((tx) => addSwitches(tx, elsewhere));
    const moved = { hardware: hardwareOf(1, elsewhere) };
    expect(await failure(register(1, moved))).toMatch(/delete it to register it elsewhere$/);
    const south = { partition: "south", rack: "r", switches: ["x-5", "x-6"] as const };
    await transaction(async (tx) => {
      const north = await tx.partition.get("north");
      if (north) await tx.partition.insert({ ...north, id: "south" });
      await addSwitches(tx, south);
    });
    const away = { hardware: hardwareOf(1, south), partitionId: "south" };
    expect(await failure(register(1, away))).toMatch(/in partition "north"; delete it/);
    expect(await machine()).toMatchObject({ rackId: "rack-1", partitionId: "north" });
  });

  test("a machine that is plugged into other ports of its switches is connected there", async () => {
    await register();
    await register(1, { hardware: hardwareOf(2) });
    expect(await portsOf()).toEqual([`leaf-1 ${portOf(2)} `, `leaf-2 ${portOf(2)} `]);
  });

  test("registering again unchanged does not touch the switches", async () => {
    await register();
    await register();
    expect(await read().switch.get("leaf-1")).toMatchObject({ generation: 1n });
  });

  test("without a partition that there is, or a UUID, a machine is refused", async () => {
    expect(await failure(register(1, { partitionId: "none" }))).toBe(
      'FailedPrecondition: there is no partition "none"',
    );
    expect(await failure(register(1, { uuid: "" }))).toMatch(/^InvalidArgument: uuid/);
    expect(await failure(register(1, { hardware: undefined }))).toMatch(/^InvalidArgument/);
  });

  test("thirty machines register at once, each at its ports", async () => {
    const numbers = Array.from({ length: 30 }, (_, index) => index + 1);
    await Promise.all(numbers.map((n) => register(n)));
    const leaf = await read().switch.get("leaf-1");
    expect(leaf?.connections.map(({ machineId: one }) => one)).toEqual(numbers.map(machineId));
    expect(await read().machine.count({ rack: "rack-1", size: "small" })).toBe(30);
  });

  test("the record of it holds no password", async () => {
    await register();
    const { records } = await world.client(AuditService, "view").list({
      procedure: "api.v1.BootService/Register",
    });
    expect(records).toHaveLength(1);
    expect(JSON.stringify(records[0]?.request)).not.toContain("password of 1");
  });
});

describe("report", () => {
  const bootInfo = {
    imageId: "whatever",
    primaryDisk: "/dev/sda",
    kernel: "/boot/k",
    cmdline: "c",
  };
  const report = (values = {}) =>
    hammer().report({ uuid: id, success: true, consolePassword: "pw", bootInfo, ...values });
  beforeEach(async () => {
    await hammer().register(registration(1));
  });

  test("a success moves the ports, boots from disk, and is kept with what boots the system", async () => {
    await allocate({ reinstall: true });
    await report();
    expect((await machine()).allocation).toMatchObject({
      reinstall: false,
      bootInfo: { imageId: "debian-13.1", primaryDisk: "/dev/sda", kernel: "/boot/k" },
      installation: { state: MachineInstallationState.SUCCEEDED, message: "" },
    });
    expect(await portsOf()).toEqual([`leaf-1 ${portOf(1)} vrf7`, `leaf-2 ${portOf(1)} vrf7`]);
    expect(await commands()).toEqual([BmcCommandType.DISK]);
    expect(await read().machineSecret.get(id)).toMatchObject({
      allocationUuid: "allocation-1",
      consolePassword: "pw",
    });
  });

  test("ports of a firewall join the default VRF", async () => {
    await allocate({ role: MachineRole.FIREWALL, networks: [] });
    await report();
    expect(await portsOf()).toEqual([`leaf-1 ${portOf(1)} default`, `leaf-2 ${portOf(1)} default`]);
  });

  test("a failure moves neither ports nor boot order, and says why", async () => {
    await allocate({ reinstall: true });
    await report({ success: false, message: "no disk" });
    const { installation, reinstall } = (await machine()).allocation ?? {};
    expect(installation).toMatchObject({
      state: MachineInstallationState.FAILED,
      message: "no disk",
    });
    expect(installation?.time && timestampMs(installation.time)).toBe(clock.ms);
    expect(reinstall).toBe(true);
    expect(await portsOf()).toEqual([`leaf-1 ${portOf(1)} `, `leaf-2 ${portOf(1)} `]);
    expect(await commands()).toEqual([]);
    expect(await read().machineSecret.get(id)).toBeUndefined();
  });

  test.each([
    ["a machine that there is not", { uuid: machineId(9) }, /^NotFound: no machine/],
    ["a machine without a private network", {}, /^FailedPrecondition: .* no private network/],
    ["what does not say how to boot", { bootInfo: undefined }, /^InvalidArgument: boot_info/],
  ])("of %s is refused, and nothing is kept of it", async (_, values, refusal) => {
    await allocate({ networks: [] });
    expect(await failure(report(values))).toMatch(refusal);
    expect((await machine()).allocation?.installation).toBeUndefined();
    expect(await commands()).toEqual([]);
  });

  test("of a machine that is not allocated is refused", async () => {
    expect(await failure(report())).toBe(`FailedPrecondition: machine "${id}" is not allocated`);
  });

  test("the secrets of an allocation do not outlive it", async () => {
    await allocate();
    await report({ consolePassword: "old" });
    await transaction(async (tx) => {
      const secret = await tx.machineSecret.get(id);
      if (secret) await tx.machineSecret.update({ ...secret, userData: "old data" });
    });
    await allocate({ uuid: "allocation-2" });
    await report({ consolePassword: "new" });
    expect(await read().machineSecret.get(id)).toMatchObject({
      allocationUuid: "allocation-2",
      consolePassword: "new",
      userData: "",
    });
  });
});

describe("to abort installing again", () => {
  const bootInfo = { imageId: "debian-12.9", primaryDisk: "/dev/sda", bootloaderId: "metal" };
  const abort = (primaryDiskWiped: boolean) =>
    hammer().abortReinstall({ uuid: id, primaryDiskWiped });
  beforeEach(async () => {
    await hammer().register(registration(1));
    await allocate({ reinstall: true, bootInfo });
    await transaction((tx) => movePorts(tx, id, ""));
  });

  test("with its disk intact a machine keeps its system, image and network", async () => {
    expect((await abort(false)).bootInfo).toMatchObject(bootInfo);
    expect((await machine()).allocation).toMatchObject({
      reinstall: false,
      imageId: "debian-12.9",
      installation: { state: MachineInstallationState.SUCCEEDED },
    });
    expect(await portsOf()).toEqual([`leaf-1 ${portOf(1)} vrf7`, `leaf-2 ${portOf(1)} vrf7`]);
    expect(await commands()).toEqual([BmcCommandType.DISK]);
  });

  test("may be told again, with the same answer", async () => {
    const first = await abort(false);
    expect(await abort(false)).toEqual(first);
  });

  test("with its disk wiped a machine counts as failed, and is still to be installed", async () => {
    expect((await abort(true)).bootInfo).toBeUndefined();
    expect((await machine()).allocation).toMatchObject({
      reinstall: true,
      imageId: "debian-13.1",
      installation: { state: MachineInstallationState.FAILED },
    });
    expect(await portsOf()).toEqual([`leaf-1 ${portOf(1)} `, `leaf-2 ${portOf(1)} `]);
    expect(await commands()).toEqual([]);
  });

  test("of a machine that is not allocated, or that there is not, is refused", async () => {
    await transaction(async (tx) => {
      const known = await tx.machine.get(id);
      if (known) await tx.machine.update({ ...known, allocation: undefined });
    });
    expect(await failure(abort(false))).toMatch(/^FailedPrecondition: .* is not allocated/);
    const unknown = hammer().abortReinstall({ uuid: machineId(9) });
    expect(await failure(unknown)).toMatch(/^NotFound/);
  });
});
