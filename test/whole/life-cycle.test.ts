// The life of machines over the wire, from bare metal to a system that phones home and back, by the components that
// machines meet on their way.
import { ConnectError } from "@connectrpc/connect";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { BootService } from "../../gen/api/v1/boot_pb.ts";
import { EventService } from "../../gen/api/v1/event_pb.ts";
import { MachineInstallationState, MachineService } from "../../gen/metal/v1/machine_pb.ts";
import { faultsOf } from "../world/books.ts";
import { failure } from "../world/failure.ts";
import { imageId, partitionId, projectId, sizeId, stock } from "../world/inventory.ts";
import { addSwitches, constraintsOf, machineId, registration } from "../world/machines.ts";
import { everyone, startWorld, type World } from "../world/server.ts";

let world: World;
let network: string;
beforeEach(async () => {
  world = await startWorld({ users: everyone });
  network = await stock(world.store, { machines: 0 });
  await world.store.transaction(async (tx) => {
    const size = await tx.size.get(sizeId);
    if (size) await tx.size.update({ ...size, constraints: constraintsOf() });
    const switches = ["leaf-1", "leaf-2"] as const;
    await addSwitches(tx, { partition: partitionId, rack: "rack-1", switches });
  });
});
afterEach(async () => {
  const faults = await faultsOf(world.store);
  await world.close();
  expect(faults).toEqual([]);
});

const hammer = () => world.client(BootService, "metal-hammer");
const machines = () => world.client(MachineService, "edit");
const tell = (caller: "metal-hammer" | "metal-core", n: number, event: string) =>
  world.client(EventService, caller).send({ events: { [machineId(n)]: { event } } });
const machine = async (n: number) => (await machines().get({ id: machineId(n) })).machine;

/** Boots the nth machine until it waits; resolves to how its waiting ends. */
async function boot(n: number): Promise<{ readonly allocated: Promise<string> }> {
  await world.client(BootService, "pixiecore").dhcp({ uuid: machineId(n) });
  await tell("metal-hammer", n, "Preparing");
  await tell("metal-hammer", n, "Registering");
  await hammer().register(registration(n, { ipmi: { address: `10.1.0.${n}:623`, user: "u" } }));
  await tell("metal-hammer", n, "Waiting");
  const begun = Promise.withResolvers<void>();
  const wait = async () => {
    try {
      for await (const _ of hammer().wait({ machineId: machineId(n) })) begun.resolve();
      return "allocated";
    } catch (error) {
      begun.reject(error);
      return ConnectError.from(error).message;
    }
  };
  const allocated = wait();
  await begun.promise;
  return { allocated };
}

const allocate = (values = {}) =>
  machines().allocate({
    projectId,
    imageId,
    sizeId,
    partitionId,
    networks: [{ networkId: network }],
    ...values,
  });

/** Installs the nth machine and boots what was installed. */
async function install(n: number): Promise<void> {
  await tell("metal-hammer", n, "Installing");
  const bootInfo = { primaryDisk: "/dev/sda", kernel: "/boot/vmlinuz" };
  await hammer().report({ uuid: machineId(n), success: true, consolePassword: "pw", bootInfo });
  await tell("metal-hammer", n, "Booting New Kernel");
  await tell("metal-core", n, "Phoned Home");
}

/** The VRFs of the ports of the nth machine. */
async function vrfsOf(n: number): Promise<string[]> {
  const switches = await world.store.read.switch.list({
    where: { machine: machineId(n) },
    limit: 9,
  });
  return switches.flatMap(({ nics, connections }) =>
    connections
      .filter((connection) => connection.machineId === machineId(n))
      .map(
        ({ nic }) => nics.find(({ identifier }) => identifier === nic?.identifier)?.vrf ?? "none",
      ),
  );
}

const newest = async (n: number) => (await machine(n))?.events?.log[0]?.event;

test("a machine registers, waits, is allocated, installed and freed, and all of that again", async () => {
  for (const round of [1, 2]) {
    const { allocated } = await boot(1);
    expect(await machine(1)).toMatchObject({ waiting: true, sizeId, rackId: "rack-1" });
    const answer = await allocate({ name: `round ${round}` });
    expect(answer.machine).toMatchObject({ id: machineId(1), waiting: false });
    expect(await allocated).toBe("allocated");
    await install(1);
    const { allocation, events } = (await machine(1)) ?? {};
    const [joined] = allocation?.networks ?? [];
    expect(joined?.ips).toHaveLength(1);
    expect(joined?.asn).toBeGreaterThan(4_210_000_000);
    expect(allocation?.creator).toBe("hmac:Metal-Edit");
    expect(allocation?.installation?.state).toBe(MachineInstallationState.SUCCEEDED);
    expect(events).toMatchObject({ crashLoop: false });
    expect([await newest(1), await vrfsOf(1)]).toEqual([
      "Phoned Home",
      [`vrf${joined?.vrf}`, `vrf${joined?.vrf}`],
    ]);
    const freed = await machines().free({ id: machineId(1) });
    expect(freed.machine).toMatchObject({ tags: [], waiting: false });
    expect(freed.machine?.allocation).toBeUndefined();
    expect(freed.commandId).not.toBe("");
    expect([await newest(1), await vrfsOf(1)]).toEqual(["Machine Reclaim", ["", ""]]);
  }
});

test("a machine that was just freed is nobody's until it waits again", async () => {
  await boot(1);
  await allocate();
  await install(1);
  await machines().free({ id: machineId(1) });
  expect(await failure(allocate())).toMatch(/^ResourceExhausted: no machine/);
  const { allocated } = await boot(1);
  await allocate();
  expect(await allocated).toBe("allocated");
});

test("a machine is installed again with its addresses, or keeps its system if that is given up", async () => {
  await boot(1);
  await allocate();
  await install(1);
  const before = (await machine(1))?.allocation;
  for (const given of ["up", "not up"]) {
    await machines().reinstall({ id: machineId(1) });
    expect(await vrfsOf(1)).toEqual(["", ""]);
    for (const event of ["PXE Booting", "Preparing", "Registering"])
      await tell("metal-hammer", 1, event);
    await hammer().register(registration(1));
    if (given === "up") await hammer().abortReinstall({ uuid: machineId(1) });
    else await install(1);
    const { allocation, events } = (await machine(1)) ?? {};
    expect(allocation).toMatchObject({ reinstall: false, uuid: before?.uuid });
    expect(allocation?.networks).toEqual(before?.networks);
    expect(events?.crashLoop).toBe(false);
    expect(new Set(await vrfsOf(1))).toEqual(new Set([`vrf${before?.networks[0]?.vrf}`]));
  }
});

test("thirty machines live at once: each is one user's, with addresses of its own", async () => {
  const numbers = Array.from({ length: 30 }, (_, index) => index + 1);
  const waits = await Promise.all(numbers.map(boot));
  const answers = await Promise.all(numbers.map(() => allocate()));
  const ids = answers.map((answer) => answer.machine?.id ?? "");
  expect(ids.toSorted()).toEqual(numbers.map(machineId));
  const ips = answers.flatMap((answer) => answer.machine?.allocation?.networks[0]?.ips ?? []);
  expect(new Set(ips).size).toBe(30);
  expect(await Promise.all(waits.map(({ allocated }) => allocated))).toEqual(
    numbers.map(() => "allocated"),
  );
  await Promise.all(ids.map((id) => machines().free({ id })));
  expect((await machines().list({ allocated: true })).machines).toEqual([]);
});
