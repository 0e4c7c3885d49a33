// How ports are and how they are meant to be.
import { describe, expect, test } from "@jest/globals";
import { Code } from "@connectrpc/connect";
import {
  desirePort,
  type PortState,
  reportPort,
  reportPorts,
  reportSessions,
} from "../../src/domain/switch-port-state.ts";

const up: PortState = { actual: "UP" };
const down: PortState = { actual: "DOWN" };

describe("a report", () => {
  test.each<[string, PortState | undefined, PortState["actual"], PortState]>([
    ["of a port nothing is known of", undefined, "UP", up],
    ["of what is known", up, "UP", up],
    ["of what is known and wished for", { actual: "UP", desired: "UP" }, "UP", up],
    [
      "of a wish that is not fulfilled yet",
      { actual: "UP", desired: "DOWN" },
      "UP",
      { actual: "UP", desired: "DOWN" },
    ],
    ["of a wish that came true", { actual: "UP", desired: "DOWN" }, "DOWN", down],
    ["of a change that nobody wished for", up, "DOWN", down],
    [
      "of a change to something else",
      { actual: "UP", desired: "DOWN" },
      "UNKNOWN",
      { actual: "UNKNOWN", desired: "DOWN" },
    ],
  ])("%s", (_, stored, actual, expected) => {
    const state = reportPort(stored, actual);
    expect(state).toEqual(expected);
    expect("desired" in state).toBe("desired" in expected);
    expect(state === stored).toBe(JSON.stringify(stored) === JSON.stringify(expected));
  });
});

describe("a wish", () => {
  test.each<[string, PortState | undefined, "UP" | "DOWN", PortState]>([
    ["is kept until it comes true", up, "DOWN", { actual: "UP", desired: "DOWN" }],
    ["for what is, is none", up, "UP", up],
    ["for what is, ends another", { actual: "UP", desired: "DOWN" }, "UP", up],
    ["is kept once", { actual: "UP", desired: "DOWN" }, "DOWN", { actual: "UP", desired: "DOWN" }],
    [
      "takes the place of another",
      { actual: "UNKNOWN", desired: "DOWN" },
      "UP",
      { actual: "UNKNOWN", desired: "UP" },
    ],
    [
      "can be for a port nothing is known of",
      undefined,
      "UP",
      { actual: "UNKNOWN", desired: "UP" },
    ],
  ])("%s", (_, stored, desired, expected) => {
    const state = desirePort(stored, desired);
    expect(state).toEqual(expected);
    expect("desired" in state).toBe("desired" in expected);
    expect(state === stored).toBe(JSON.stringify(stored) === JSON.stringify(expected));
  });
});

describe("a report of all ports", () => {
  const nics = [
    { name: "a", state: up },
    { name: "b", state: up },
    { name: "c" },
    { name: "__proto__" },
  ];

  test("changes those that changed, and no others", () => {
    const after = reportPorts(nics, { a: "UP", b: "DOWN", x: "UP" });
    expect(after).toEqual([nics[0], { name: "b", state: down }, nics[2], nics[3]]);
    expect(after.map((nic, at) => nic === nics[at])).toEqual([true, false, true, true]);
  });

  test("without any changes nothing", () => {
    expect(reportPorts(nics, {})).toEqual(nics);
  });

  test.each(["up", "", "BROKEN"])('has no state "%s"', (text) => {
    expect(() => reportPorts(nics, { a: text })).toThrow(
      expect.objectContaining({
        code: Code.InvalidArgument,
        rawMessage: `port_states["a"]: no state "${text}", there are UP, DOWN, UNKNOWN`,
      }),
    );
  });
});

test("a report of sessions changes those that changed and ends those that it does not have", () => {
  const nics = [
    { name: "a", session: { count: 1 } },
    { name: "b", session: { count: 1 } },
    { name: "c", session: { count: 1 } },
    { name: "d" },
    { name: "e" },
  ];
  const reported = new Map([
    ["a", { count: 1 }],
    ["b", { count: 2 }],
    ["d", { count: 3 }],
  ]);
  const after = reportSessions(nics, reported, (a, b) => a.count === b.count);
  expect(after.map(({ session }) => session?.count)).toEqual([1, 2, undefined, 3, undefined]);
  expect(after.map((nic, at) => nic === nics[at])).toEqual([true, false, false, false, true]);
});
