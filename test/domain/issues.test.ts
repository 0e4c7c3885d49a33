// Which issues machines have, alone and among others.
import { describe, expect, test } from "@jest/globals";
import { Code, ConnectError } from "@connectrpc/connect";
import { issueTypes } from "../../src/domain/issue-table.ts";
import { type Severity, severities } from "../../src/domain/issue-type.ts";
import { type IssueMachine, issueWorld } from "../../src/domain/issue-world.ts";
import { type IssueFilter, issuesOf, selectIssueTypes } from "../../src/domain/issues.ts";
import {
  type EventContainer,
  type EventType,
  noEvents,
  touch,
} from "../../src/domain/provisioning-event.ts";

const nowMs = Date.UTC(2026, 0, 1);
const minute = 60_000;
const day = 24 * 60 * minute;

const happened = (event: EventType, age = 0) => ({ event, time: nowMs - age, message: "" });
const alive = (given: Partial<EventContainer> = {}): EventContainer => ({
  ...touch(noEvents, nowMs),
  events: [happened("Waiting")],
  ...given,
});

const good: IssueMachine = {
  id: "m1",
  partitionId: "east",
  bmc: { mac: "02:00:00:00:00:01", address: "10.0.0.1:623", lastUpdated: nowMs },
  container: alive(),
};
const bmc = (given: Partial<IssueMachine["bmc"]>): Partial<IssueMachine> => ({
  bmc: { ...good.bmc, ...given },
});
const container = (given: Partial<EventContainer>): Partial<IssueMachine> => ({
  container: alive(given),
});
const other = (id: string, given: Partial<IssueMachine> = {}): IssueMachine => ({
  ...good,
  id,
  ...bmc({ address: `${id}:623` }),
  ...given,
});
const firewall = (...asns: number[]) => ({ allocation: { role: "firewall", asns } }) as const;

/** "id" or "id: details", of `machine` among all. */
function issues(machine: IssueMachine, others: readonly IssueMachine[] = []): string[] {
  const found = issuesOf(machine, issueWorld([machine, ...others], { nowMs }));
  return found.map(({ type, details }) =>
    [type.id, details].filter((text) => text !== "").join(": "),
  );
}

describe("a machine has", () => {
  test.each<[string, Partial<IssueMachine>, string[]]>([
    ["no issue if it waits", {}, []],
    [
      "no issue if it is used",
      {
        allocation: { role: "machine", asns: [1] },
        ...container({ events: [happened("Phoned Home")] }),
      },
      [],
    ],
    ["no partition", { partitionId: "" }, ["no-partition"]],
    ["died", container({ liveliness: "Dead" }), ["liveliness-dead"]],
    ["gone silent", container({ liveliness: "Unknown" }), ["liveliness-unknown"]],
    ["never been judged", { container: noEvents }, ["liveliness-not-available"]],
    ["not been reclaimed", container({ failedReclaim: true }), ["failed-machine-reclaim"]],
    [
      "phoned home without a user",
      container({ events: [happened("Phoned Home")] }),
      ["failed-machine-reclaim"],
    ],
    [
      "crashed again",
      container({ crashLoop: true, events: [happened("PXE Booting")] }),
      ["crashloop"],
    ],
    [
      "crashed before any event that is kept",
      container({ crashLoop: true, events: [] }),
      ["crashloop"],
    ],
    ["crashed, but waits now", container({ crashLoop: true }), []],
    [
      "an error",
      container({ lastErrorEvent: happened("Crashed", 65 * minute) }),
      ["last-event-error: 1 h 5 min ago"],
    ],
    [
      "an error of almost a week ago",
      container({ lastErrorEvent: happened("Crashed", 7 * day - 1) }),
      ["last-event-error: 6 d 23 h ago"],
    ],
    ["an error of a week ago", container({ lastErrorEvent: happened("Crashed", 7 * day) }), []],
    ["no MAC address of its BMC", bmc({ mac: "" }), ["bmc-without-mac"]],
    ["no address of its BMC", bmc({ address: "" }), ["bmc-without-ip"]],
    ["a BMC that was reported 20 minutes ago", bmc({ lastUpdated: nowMs - 20 * minute }), []],
    [
      "a BMC that was reported longer ago",
      bmc({ lastUpdated: nowMs - 20 * minute - 1 }),
      ["bmc-info-outdated: last reported 20 min ago"],
    ],
    [
      "a BMC that was never reported",
      { bmc: { mac: "x", address: "y" } },
      ["bmc-info-outdated: never reported"],
    ],
    [
      "several issues, in the order of the table",
      { partitionId: "", ...bmc({ mac: "", address: "" }) },
      ["no-partition", "bmc-without-mac", "bmc-without-ip"],
    ],
  ])("%s", (_, given, expected) => {
    expect(issues({ ...good, ...given })).toEqual(expected);
  });

  test("no other issue than that nothing was ever heard of it", () => {
    const { container: _, ...unheard } = { ...good, partitionId: "", ...bmc({ address: "" }) };
    expect(issues(unheard)).toEqual(["no-event-container"]);
  });
});

describe("among others a machine has", () => {
  const asn = 4_210_000_001;

  test.each<[string, Partial<IssueMachine>, IssueMachine[], string[]]>([
    ["a BMC address of its own", {}, [other("m2")], []],
    [
      "that of others, which are named in order",
      {},
      [other("m3", bmc({})), other("m2", bmc({}))],
      ["bmc-no-distinct-ip: 10.0.0.1:623 is also that of m2, m3"],
    ],
    [
      "none, as others",
      bmc({ address: "" }),
      [other("m2", bmc({ address: "" }))],
      ["bmc-without-ip"],
    ],
    ["the same host at another port", {}, [other("m2", bmc({ address: "10.0.0.1:624" }))], []],
    [
      "the ASN of another firewall",
      firewall(asn, asn),
      [other("m2", firewall(asn))],
      [`asn-not-unique: ASN ${asn} is also that of m2`],
    ],
    [
      "several ASNs of others, in order",
      firewall(asn + 9, asn),
      [other("m2", firewall(asn)), other("m3", firewall(asn, asn + 9))],
      [`asn-not-unique: ASN ${asn} is also that of m2, m3\nASN ${asn + 9} is also that of m3`],
    ],
    ["an ASN of its own", firewall(asn, asn), [other("m2", firewall(asn + 1))], []],
    ["no ASN, as others", firewall(0), [other("m2", firewall(0))], []],
    [
      "the ASN of a machine that is no firewall",
      firewall(asn),
      [other("m2", { allocation: { role: "machine", asns: [asn] } })],
      [],
    ],
    [
      "an ASN, but is no firewall",
      { allocation: { role: "machine", asns: [asn] } },
      [other("m2", firewall(asn))],
      [],
    ],
  ])("%s", (_, given, others, expected) => {
    expect(issues({ ...good, ...given }, others)).toEqual(expected);
  });

  test("issues however few of them one looks at", () => {
    const all = [good, other("m2", bmc({})), other("m3")];
    const world = issueWorld(all, { nowMs });
    const found = all.slice(0, 1).flatMap((machine) => issuesOf(machine, world));
    expect(found.map(({ type }) => type.id)).toEqual(["bmc-no-distinct-ip"]);
  });
});

test("how long errors matter can be said", () => {
  const machine = { ...good, ...container({ lastErrorEvent: happened("Crashed", minute) }) };
  const at = (lastErrorThresholdMs: number) =>
    issuesOf(machine, issueWorld([machine], { nowMs, lastErrorThresholdMs })).length;
  expect([at(minute), at(minute + 1)]).toEqual([0, 1]);
});

describe("the kinds of issues", () => {
  const all = issueTypes.map(({ id }) => id);
  const idsOf = (filter: IssueFilter) => selectIssueTypes(filter).map(({ id }) => id);

  test("are thirteen, each with what to do and where to read on", () => {
    expect(new Set(all).size).toBe(13);
    expect(idsOf({})).toEqual(all);
    for (const { id, description, advice, reference } of issueTypes) {
      expect(description).not.toBe("");
      expect(advice).not.toBe("");
      expect(new URL(reference).hash).toBe(`#${id}`);
    }
  });

  test.each<[Severity, string[]]>([
    ["minor", ["liveliness-not-available", "last-event-error", "asn-not-unique"]],
    ["critical", ["failed-machine-reclaim"]],
  ])("that are %s", (severity, expected) => {
    const found = issueTypes.filter((type) => type.severity === severity);
    expect(found.map(({ id }) => id)).toEqual(expected);
  });

  test.each<[string, IssueFilter, string[]]>([
    ["only some", { only: ["crashloop", "no-partition"] }, ["no-partition", "crashloop"]],
    ["all but some", { omit: all.slice(2) }, all.slice(0, 2)],
    ["not even if only they are asked for", { only: ["crashloop"], omit: ["crashloop"] }, []],
    ["all that are minor or worse", { severity: "minor" }, all],
    ["all that are critical", { severity: "critical" }, ["failed-machine-reclaim"]],
    [
      "some if they are bad enough",
      { only: ["crashloop", "last-event-error"], severity: "major" },
      ["crashloop"],
    ],
  ])("can be chosen: %s", (_, filter, expected) => {
    expect(idsOf(filter)).toEqual(expected);
  });

  test("that are major or worse are ten", () => {
    expect(idsOf({ severity: "major" }).length).toBe(10);
    expect(severities).toEqual(["minor", "major", "critical"]);
  });

  test.each<[string, IssueFilter]>([
    ['only[1]: no issue "x"', { only: ["crashloop", "x"] }],
    ['omit[0]: no issue "Crashloop"', { omit: ["Crashloop"] }],
  ])("must exist: %s", (message, filter) => {
    const run = () => selectIssueTypes(filter);
    expect(run).toThrow(message);
    expect(run).toThrow(expect.objectContaining({ code: Code.InvalidArgument }));
    expect(run).toThrow(ConnectError);
  });

  test.each(issueTypes)("$id can be looked for alone", (type) => {
    const { container: _, ...bare } = { ...good, partitionId: "", bmc: { mac: "", address: "" } };
    const bad: IssueMachine = {
      ...bare,
      container: {
        ...noEvents,
        failedReclaim: true,
        crashLoop: true,
        lastErrorEvent: happened("Crashed"),
      },
    };
    const worst = [
      bad,
      bare,
      { ...bad, container: alive({ liveliness: "Dead" }) },
      { ...bad, container: alive({ liveliness: "Unknown" }) },
      { ...good, ...firewall(7) },
      other("m2", { ...firewall(7), ...bmc({}) }),
    ];
    const world = issueWorld(worst, { nowMs });
    const found = worst.flatMap((machine) => issuesOf(machine, world, [type]));
    expect(new Set(found.map((issue) => issue.type.id))).toEqual(new Set([type.id]));
  });
});

test("twenty thousand machines may share everything: few of them are named, and nobody waits", () => {
  const count = 20_000;
  const all = Array.from({ length: count }, (_, at) =>
    other(`m${10_000 + at}`, { ...bmc({}), ...firewall(7) }),
  );
  const world = issueWorld(all, { nowMs });
  const details = all.flatMap((machine) => issuesOf(machine, world)).map((issue) => issue.details);
  expect(details.length).toBe(2 * count);
  expect(Math.max(...details.map((text) => text.length))).toBeLessThan(150);
  expect(details[0]).toBe(
    `ASN 7 is also that of ${Array.from({ length: 10 }, (_, at) => `m${10_001 + at}`).join(", ")}, 19989 more`,
  );
  expect(details.at(-1)).toMatch(/m10000, .* m10009, 19989 more$/);
});
