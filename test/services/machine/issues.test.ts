import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import {
  MachineBMCRecordSchema,
  MachineHistorySchema,
} from "../../../gen/metal/store/v1/machine_pb.ts";
import {
  MachineIssueSeverity,
  MachineLiveliness,
  MachineRole,
  MachineSchema,
  type MachineServiceListIssuesRequestSchema,
} from "../../../gen/metal/v1/machine_pb.ts";
import { issueTypes } from "../../../src/domain/issue-table.ts";
import type { Store } from "../../../src/store/store.ts";
import { failure } from "../../world/failure.ts";
import { machineClient } from "../../world/machine-part.ts";
import { machineId } from "../../world/machines.ts";
import { openTestStore } from "../../world/store.ts";

let store: Store;
const nowMs = Date.parse("2026-03-01T12:00:00Z");
const minuteMs = 60_000;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

type Init<S extends Parameters<typeof create>[0]> = MessageInitShape<S>;

/** What a machine has that nothing is wrong with, and in what it differs. */
interface Case {
  readonly machine?: Init<typeof MachineSchema>;
  readonly history?: Init<typeof MachineHistorySchema> | null;
  readonly bmc?: Init<typeof MachineBMCRecordSchema>["bmc"];
}

const time = (ms: number) => timestampFromMs(nowMs - ms);
const event = (name: string, ageMs = 0) => ({ event: name, time: time(ageMs) });

/** Keeps the nth machine. */
async function keep(n: number, { machine = {}, history = {}, bmc = {} }: Case = {}) {
  const id = machineId(n);
  await store.transaction(async (tx) => {
    await tx.machine.insert(
      create(MachineSchema, { partitionId: "north", ...(machine as object), id }),
    );
    const healthy = { id, partitionId: "north", mac: "m", address: `10.0.0.${n}:623` };
    const bmcValues = { ...healthy, lastUpdated: time(minuteMs), ...(bmc as object) };
    await tx.machineBmc.insert(create(MachineBMCRecordSchema, { id, bmc: bmcValues }));
    if (history === null) return;
    const alive = { liveliness: MachineLiveliness.ALIVE, events: { log: [event("Waiting")] } };
    await tx.machineHistory.insert(
      create(MachineHistorySchema, { ...alive, ...(history as object), id }),
    );
  });
}

const list = (request: Init<typeof MachineServiceListIssuesRequestSchema> = {}) =>
  machineClient(store, {}, { now: () => nowMs }).listIssues(request);
const idsOf = async (request: Init<typeof MachineServiceListIssuesRequestSchema> = {}) =>
  (await list(request)).machines.map(
    ({ machineId: id, issues }) =>
      `${Number(id.slice(-12))} ${issues.map((one) => one.id).join(" ")}`,
  );

const firewall = (asn: number) => ({
  allocation: { role: MachineRole.FIREWALL, networks: [{ asn }] },
});

/** Each issue, and a machine that has it and no other. */
const cases: readonly (readonly [string, Case])[] = [
  ["no-partition", { machine: { partitionId: "" } }],
  ["liveliness-dead", { history: { liveliness: MachineLiveliness.DEAD } }],
  ["liveliness-unknown", { history: { liveliness: MachineLiveliness.UNKNOWN } }],
  ["liveliness-not-available", { history: { liveliness: MachineLiveliness.UNSPECIFIED } }],
  ["failed-machine-reclaim", { history: { events: { failedMachineReclaim: true } } }],
  ["failed-machine-reclaim", { history: { events: { log: [event("Phoned Home")] } } }],
  ["crashloop", { history: { events: { crashLoop: true, log: [event("Crashed")] } } }],
  ["last-event-error", { history: { events: { lastErrorEvent: event("Crashed", minuteMs) } } }],
  ["bmc-without-mac", { bmc: { mac: "" } }],
  ["bmc-without-ip", { bmc: { address: "" } }],
  ["bmc-info-outdated", { bmc: { lastUpdated: time(21 * minuteMs) } }],
  ["asn-not-unique", { machine: firewall(4210000009) }],
  ["bmc-no-distinct-ip", { bmc: { address: "10.0.0.9:623" } }],
  ["no-event-container", { history: null }],
];

test("there are machines for all thirteen issues", () => {
  expect([...new Set(cases.map(([id]) => id))].toSorted()).toEqual(
    issueTypes.map(({ id }) => id).toSorted(),
  );
});

test.each(cases)("%s is told of a machine that has it, with what to do", async (id, faulty) => {
  await keep(1, faulty);
  await keep(9, { machine: firewall(4210000009) });
  const { machines } = await list({ id: machineId(1) });
  expect(machines).toMatchObject([{ machineId: machineId(1), issues: [{ id }] }]);
  const [issue] = machines[0]?.issues ?? [];
  expect(issue?.description).not.toBe("");
  expect(issue?.remedy).not.toBe("");
  expect(issue?.refUrl).toContain(id);
  expect(issue?.severity).not.toBe(MachineIssueSeverity.UNSPECIFIED);
});

test("a machine that nothing is wrong with is not told of", async () => {
  await keep(1);
  expect(await idsOf()).toEqual([]);
});

test("issues can be chosen and left out, and what is left out stays out", async () => {
  await keep(1, { bmc: { mac: "", address: "" }, history: { liveliness: MachineLiveliness.DEAD } });
  expect(await idsOf()).toEqual(["1 liveliness-dead bmc-without-mac bmc-without-ip"]);
  const only = ["bmc-without-mac", "liveliness-dead"];
  expect(await idsOf({ only })).toEqual(["1 liveliness-dead bmc-without-mac"]);
  expect(await idsOf({ only, omit: ["liveliness-dead"] })).toEqual(["1 bmc-without-mac"]);
  expect(await failure(list({ only: ["none"] }))).toMatch(/^InvalidArgument: only\[0\]: no issue/);
});

test("issues can be restricted to those that are bad enough", async () => {
  await keep(1, { history: { events: { lastErrorEvent: event("Crashed") } } });
  await keep(2, { bmc: { mac: "" } });
  await keep(3, { history: { events: { failedMachineReclaim: true } } });
  const { MINOR, MAJOR, CRITICAL } = MachineIssueSeverity;
  expect(await idsOf({ severity: MINOR })).toHaveLength(3);
  expect(await idsOf({ severity: MAJOR })).toEqual([
    "2 bmc-without-mac",
    "3 failed-machine-reclaim",
  ]);
  expect(await idsOf({ severity: CRITICAL })).toEqual(["3 failed-machine-reclaim"]);
});

test("how long an error is an issue can be said", async () => {
  await keep(1, { history: { events: { lastErrorEvent: event("Crashed", 2 * minuteMs) } } });
  const seconds = (count: number) => ({ lastErrorThreshold: { seconds: BigInt(count) } });
  expect(await idsOf(seconds(121))).toEqual(["1 last-event-error"]);
  expect(await idsOf(seconds(120))).toEqual([]);
  expect(await failure(list(seconds(0)))).toMatch(/^InvalidArgument: last_error_threshold/);
});

test("conflicts are found with machines that are not asked about, within the partition's own network", async () => {
  await keep(1, { bmc: { address: "10.0.0.2:623" } });
  await keep(2, { machine: { sizeId: "large" } });
  const away = { partitionId: "south", address: "10.0.0.2:623" };
  await keep(3, { machine: { partitionId: "south" }, bmc: away });
  expect(await idsOf()).toEqual(["1 bmc-no-distinct-ip", "2 bmc-no-distinct-ip"]);
  expect(await idsOf({ sizeId: "large" })).toEqual(["2 bmc-no-distinct-ip"]);
});

test("a page holds machines with issues, and the next one goes on", async () => {
  for (const n of [1, 2, 3, 4]) await keep(n, n === 2 ? {} : { bmc: { mac: "" } });
  const first = await list({ pageSize: 2 });
  expect(first.machines.map(({ machineId: id }) => id)).toEqual([1, 3].map(machineId));
  const next = await list({ pageSize: 2, pageToken: first.nextPageToken });
  expect(next.machines.map(({ machineId: id }) => id)).toEqual([machineId(4)]);
  expect(next.nextPageToken).toBe("");
  const other = list({ pageSize: 2, pageToken: first.nextPageToken, omit: ["crashloop"] });
  expect(await failure(other)).toMatch(/^InvalidArgument: page_token/);
});

test("the catalogue tells all that can be wrong, or what is chosen of it", async () => {
  const { machines } = await list({ catalogue: true });
  expect(machines).toHaveLength(1);
  expect(machines[0]?.machineId).toBe("");
  expect(machines[0]?.issues.map(({ id }) => id)).toEqual(issueTypes.map(({ id }) => id));
  const critical = await list({ catalogue: true, severity: MachineIssueSeverity.CRITICAL });
  expect(critical.machines[0]?.issues).toMatchObject([{ id: "failed-machine-reclaim" }]);
});
