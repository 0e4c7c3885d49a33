import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { EventService } from "../../gen/api/v1/event_pb.ts";
import { AuditService } from "../../gen/metal/v1/audit_pb.ts";
import { MachineLiveliness } from "../../gen/metal/v1/machine_pb.ts";
import { maxEvents } from "../../src/domain/provisioning-event.ts";
import { failure } from "../world/failure.ts";
import { machineId } from "../world/machines.ts";
import { everyone, startWorld, type World } from "../world/server.ts";

let world: World;
const clock = { ms: 0 };
beforeEach(async () => {
  clock.ms = Date.now();
  world = await startWorld({ users: everyone, now: () => clock.ms });
});
afterEach(() => world.close());

const a = machineId(1);
const b = machineId(2);
const events = (caller: "metal-hammer" | "metal-core" | "pixiecore" | "edit" = "metal-hammer") =>
  world.client(EventService, caller);
const send = (id: string, event: string, message = "") =>
  events().send({ events: { [id]: { event, message } } });
const history = (id: string) => world.store.read.machineHistory.get(id);
const log = async (id: string) => (await history(id))?.events?.log.map(({ event }) => event);

test("an event is recorded, with the time of the server whatever its sender says", async () => {
  const time = timestampFromMs(1);
  const sent = { [a]: { event: "PXE Booting", message: "m", time } };
  expect(await events().send({ events: sent })).toMatchObject({ events: 1n, failed: [] });
  const { liveliness, events: kept } = (await history(a)) ?? {};
  expect(liveliness).toBe(MachineLiveliness.ALIVE);
  expect(kept?.log).toMatchObject([{ event: "PXE Booting", message: "m" }]);
  expect(kept?.log.map((one) => one.time && timestampMs(one.time))).toEqual([clock.ms]);
});

test("a machine that is not known becomes known, under its id in lower case", async () => {
  const id = "ABCDEF00-0000-4000-8000-000000000001";
  await send(id, "Alive");
  expect(await world.store.read.machine.get(id.toLowerCase())).toMatchObject({ partitionId: "" });
  expect(await log(id.toLowerCase())).toEqual([]);
});

test("one that cannot be recorded keeps no other from it, and is named", async () => {
  const sent = {
    [a]: { event: "Phoned Home" },
    [b]: { event: "Reset Fail Count" },
    "no UUID": { event: "Alive" },
  };
  const answer = await events("metal-core").send({ events: sent });
  expect(answer.events).toBe(1n);
  expect(answer.failed.toSorted()).toEqual([b, "no UUID"].toSorted());
  expect(await log(a)).toEqual(["Phoned Home"]);
  expect(await world.store.read.machine.count({})).toBe(1);
});

test("of two events of a machine at once none is lost", async () => {
  await send(a, "PXE Booting");
  await send(a, "Preparing");
  await Promise.all(["Registering", "Planned Reboot", "Crashed"].map((event) => send(a, event)));
  expect((await log(a))?.toSorted()).toEqual(
    ["PXE Booting", "Preparing", "Registering", "Planned Reboot", "Crashed"].toSorted(),
  );
});

test("events follow the table: unexpected ones are marked, repeated ones swallowed", async () => {
  for (const event of ["PXE Booting", "PXE Booting", "Preparing", "Preparing"])
    await send(a, event);
  const { events: kept } = (await history(a)) ?? {};
  expect(kept?.log.map(({ event }) => event)).toEqual(["Preparing", "Preparing", "PXE Booting"]);
  expect(kept).toMatchObject({
    crashLoop: true,
    lastErrorEvent: { message: "[unexpectedly received in state preparing]" },
  });
});

test("no more than the newest events are kept", async () => {
  for (let count = 0; count < maxEvents + 5; count += 1)
    await send(a, "Planned Reboot", `${count}`);
  const kept = (await history(a))?.events?.log ?? [];
  expect(kept).toHaveLength(maxEvents);
  expect(kept[0]?.message).toBe(`${maxEvents + 4}`);
});

test("an event that changes nothing is not written", async () => {
  await send(a, "Machine Reclaim");
  const before = await history(a);
  clock.ms += 60_000;
  await send(a, "Phoned Home");
  expect(await history(a)).toEqual(before);
});

test("no event at all is no change at all", async () => {
  expect(await events().send({})).toMatchObject({ events: 0n, failed: [] });
});

describe("the audit", () => {
  const procedure = EventService.typeName + "/Send";
  const records = async () =>
    (await world.client(AuditService, "view").list({ procedure })).records.map(
      ({ decision }) => decision,
    );

  test("has no record of events, and one of each refusal", async () => {
    await send(a, "Alive");
    expect(await failure(events("edit").send({}))).toMatch(/^PermissionDenied/);
    expect(await records()).toEqual(["WRONG_COMPONENT"]);
  });
});
