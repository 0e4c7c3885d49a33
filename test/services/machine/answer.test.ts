// Whoever asks for a machine again and again, in whatever protocol, is told what was committed last.
import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { MachineSecretSchema } from "../../../gen/metal/store/v1/machine_pb.ts";
import { MachineSchema, MachineService } from "../../../gen/metal/v1/machine_pb.ts";
import { recordEvent } from "../../../src/domain/machine-history.ts";
import { machineId } from "../../world/machines.ts";
import { everyone, protocols, startWorld, type World } from "../../world/server.ts";

const id = machineId(1);
let world: World;
beforeAll(async () => {
  world = await startWorld({ users: everyone });
  await world.store.transaction(async (tx) => {
    const allocation = { uuid: "u", project: "p", imageId: "i" };
    await tx.machine.insert(create(MachineSchema, { id, tags: ["0"], allocation }));
    const secret = { id, allocationUuid: "u", userData: "for the installer alone" };
    await tx.machineSecret.insert(create(MachineSecretSchema, secret));
  });
});
afterAll(() => world.close());

type Caller = "view" | "metal-hammer";
type Protocol = (typeof protocols)[number];
const clientOf = (caller: Caller, protocol: Protocol) =>
  createClient(MachineService, world.transport(caller, { protocol }));
const ask = (caller: Caller, protocol: Protocol) => clientOf(caller, protocol).get({ id });
/** How anybody may ask: for one, or for all. */
const ways = {
  get: ask,
  list: async (caller: Caller, protocol: Protocol) => {
    const { machines } = await clientOf(caller, protocol).list({});
    return { machine: machines.find((machine) => machine.id === id) };
  },
};
const cases = protocols.flatMap((protocol) =>
  Object.keys(ways).map((way) => [way as keyof typeof ways, protocol] as const),
);

test.each(cases)("%s, %s", async (way, protocol) => {
  const askThisWay = ways[way];
  const told: unknown[] = [];
  for (let change = 1; change <= 3; change += 1) {
    await world.store.transaction(async (tx) => {
      const machine = await tx.machine.get(id);
      if (machine) await tx.machine.update({ ...machine, tags: [`${change}`] });
    });
    for (const _ of [1, 2]) told.push((await askThisWay("view", protocol)).machine?.tags);
    await world.store.transaction((tx) =>
      recordEvent(tx, id, {
        event: "Planned Reboot",
        message: `${protocol} ${change}`,
        time: Date.now(),
      }),
    );
    for (const _ of [1, 2])
      told.push((await askThisWay("view", protocol)).machine?.events?.log[0]?.message);
  }
  const each = (n: string) => [[n], [n], `${protocol} ${n}`, `${protocol} ${n}`];
  expect(told).toEqual(["1", "2", "3"].flatMap(each));
});

test("what one caller alone is shown is shown to no other, in whatever order they ask", async () => {
  const told: unknown[] = [];
  for (const caller of ["view", "metal-hammer", "view", "metal-hammer", "view"] as const)
    told.push((await ask(caller, "connect")).machine?.allocation?.userData);
  const secret = "for the installer alone";
  expect(told).toEqual(["", secret, "", secret, ""]);
});
