// The simulated data centre repeats itself: what a seed gives, it gives again.
import { expect, test } from "@jest/globals";
import { chanceOf, uuidOf } from "../../src/simulate/chance.ts";
import { createBmcFailures, createMishaps, createRetreats } from "../../src/simulate/fault.ts";
import { createIdentities } from "../../src/simulate/identity.ts";
import { layOut } from "../../src/simulate/layout.ts";
import { entryAfter, steps } from "../../src/simulate/step.ts";
import { isEventType } from "../../src/domain/provisioning-event.ts";

const plan = { partitions: 2, machines: 45, seed: 7 };

test("the same plan gives the same data centre, another seed another one", () => {
  expect(layOut(plan)).toEqual(layOut(plan));
  expect(layOut(plan)).not.toEqual(layOut({ ...plan, seed: 8 }));
});

test("machines stand evenly in the partitions, each at a port of its own", () => {
  const partitions = layOut(plan);
  const machines = partitions.flatMap(({ racks }) => racks.flatMap((rack) => rack.machines));
  expect(new Set(machines.map(({ id }) => id)).size).toBe(45);
  expect(partitions.map(({ racks }) => racks.map((rack) => rack.machines.length))).toEqual([
    [10, 10, 3],
    [10, 10, 2],
  ]);
  expect(new Set(machines.map(({ switches, port }) => `${switches[0]} ${port}`)).size).toBe(45);
});

test("chances are the same for the same name, and spread over all there is", () => {
  const [one, other] = [chanceOf(1, "a"), chanceOf(1, "a")];
  const numbers = Array.from({ length: 1000 }, one);
  expect(numbers).toEqual(Array.from({ length: 1000 }, other));
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  const mean = numbers.reduce((sum, number) => sum + number) / numbers.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.05);
});

test("ids are UUIDs", () => {
  expect(uuidOf(1, "x")).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});

test("mishaps are rare, of every kind, and the same for the same machine", () => {
  const [one, other] = [createMishaps(1, "m"), createMishaps(1, "m")];
  const boots = Array.from({ length: 5000 }, one);
  expect(boots).toEqual(Array.from({ length: 5000 }, other));
  const faults = boots.filter((mishap) => mishap !== undefined).map(({ fault }) => fault);
  expect([...new Set(faults)].sort()).toEqual(["crash", "loop", "silence"]);
  expect(faults.length).toBeGreaterThan(100);
  expect(faults.length).toBeLessThan(500);
});

test("installing again is given up sometimes, before and after the disk was wiped, at the same attempts", () => {
  const [one, other] = [createRetreats(1, "m"), createRetreats(1, "m")];
  const attempts = Array.from({ length: 1000 }, one);
  expect(attempts).toEqual(Array.from({ length: 1000 }, other));
  const retreats = attempts.filter((retreat) => retreat !== undefined);
  expect([...new Set(retreats)].sort()).toEqual(["kept", "wiped"]);
  expect(retreats.length).toBeGreaterThan(100);
  expect(retreats.length).toBeLessThan(500);
});

test("commands to BMCs fail sometimes, for several reasons, and the same ones for the same machine", () => {
  const [one, other] = [createBmcFailures(1, "m"), createBmcFailures(1, "m")];
  const commands = Array.from({ length: 1000 }, one);
  expect(commands).toEqual(Array.from({ length: 1000 }, other));
  const failures = commands.filter((failure) => failure !== undefined);
  expect(new Set(failures).size).toBe(3);
  expect(failures.length).toBeGreaterThan(20);
  expect(failures.length).toBeLessThan(250);
});

test("every step is told by an event that the server knows", () => {
  expect(steps.map(({ event }) => event).filter((event) => !isEventType(event))).toEqual([]);
});

test.each([
  [undefined, false, "PXE Booting"],
  ["Waiting", false, "Waiting"],
  ["Installing", false, "Installing"],
  ["Phoned Home", true, "system"],
  ["Planned Reboot", true, "system"],
  ["Planned Reboot", false, "PXE Booting"],
  ["Machine Reclaim", true, "reclaimed"],
  ["Crashed", false, "PXE Booting"],
])("after %j, installed: %j, a machine goes on at %j", (event, isInstalled, at) => {
  expect(entryAfter(event, isInstalled).at).toBe(at);
});

test("each simulation has keys of its own, and one operator beside the components", () => {
  const [one, other] = [createIdentities(), createIdentities()];
  const secrets = [one, other].flatMap((all) =>
    Object.values(all).map(({ keys }) => keys[0].secret),
  );
  expect(new Set(secrets).size).toBe(10);
  expect(one.operator.component).toBeUndefined();
  expect(one["metal-bmc"].component).toBe("metal-bmc");
});
