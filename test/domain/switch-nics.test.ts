// What becomes of ports when their switch registers again.
import { describe, expect, test } from "@jest/globals";
import { Code } from "@connectrpc/connect";
import { assertDistinctNics, mergeNics } from "../../src/domain/switch-nics.ts";
import { plugged, port } from "./switch-world.ts";

const nics = (...names: readonly string[]) => names.map((name) => port(name));
const known = [port("a", "vrf1"), port("b"), port("c")];
/** The port `a` under another name. */
const renamed = (name: string) => ({ ...port("a"), name });

describe("ports", () => {
  test("stay what they are if nothing changed", () => {
    expect(mergeNics(known, nics("a", "b", "c"), plugged("m1:a"))).toEqual(known);
  });

  test("keep their VRF, MAC address and whatever else is known of them", () => {
    const before = [{ ...port("a", "vrf1"), mac: "m", state: "UP" }];
    const sent = [{ ...renamed("z"), mac: "other", state: "DOWN" }];
    expect(mergeNics(before, sent, [])).toEqual([{ ...before[0], name: "z" }]);
  });

  test("are added, in the order in which they are sent", () => {
    const merged = mergeNics(known, nics("d", "c", "b", "a"), []);
    expect(merged.map(({ name }) => name)).toEqual(["d", "c", "b", "a"]);
  });

  test("go if no machine is plugged into them", () => {
    expect(mergeNics(known, nics("a"), plugged("m1:a"))).toEqual([port("a", "vrf1")]);
  });

  test.each([
    [nics("b", "c"), 'port "a" is missing, and machine "m1" is plugged into it'],
    [[renamed("z"), ...nics("b", "c")], 'port "a" is now "z", and machine "m1" is plugged into it'],
    [
      [renamed("z"), ...nics("c")],
      'port "a" is now "z", and machine "m1" is plugged into it; port "b" is missing, and machine "m2" is plugged into it',
    ],
  ])("do not go or change their name while a machine is: %#", (sent, message) => {
    const run = () => mergeNics(known, sent, plugged("m1:a m2:b"));
    expect(run).toThrow(
      expect.objectContaining({ code: Code.FailedPrecondition, rawMessage: message }),
    );
  });

  test("are told apart by MAC address if they have no identifier", () => {
    const bare = { ...port("a", "vrf1"), identifier: "", mac: "AA" };
    expect(mergeNics([bare], [{ ...bare, mac: "aa", name: "z", vrf: "" }], [])).toEqual([
      { ...bare, name: "z" },
    ]);
  });
});

describe("no two ports", () => {
  test("may be the same", () => {
    expect(() => assertDistinctNics("nics", known)).not.toThrow();
    expect(() => assertDistinctNics("nics", [])).not.toThrow();
  });

  test.each([
    [
      "have the same identifier",
      [port("a"), port("b"), renamed("z")],
      'nics[2].identifier: nics[0] has "id of a" already',
    ],
    [
      "have the same name",
      [port("a"), { ...port("b"), name: "a" }],
      'nics[1].name: nics[0] has "a" already',
    ],
    [
      "have neither an identifier nor different MAC addresses",
      ["a", "b"].map((name) => ({ ...port(name), identifier: "", mac: "AA" })),
      'nics[1].identifier: nics[0] has "aa" already',
    ],
  ])("may %s", (_, ports, message) => {
    expect(() => assertDistinctNics("nics", ports)).toThrow(
      expect.objectContaining({ code: Code.InvalidArgument, rawMessage: message }),
    );
  });

  test("are confused because one is called like another is identified", () => {
    expect(() =>
      assertDistinctNics("nics", [port("a"), { ...port("b"), name: "id of a" }]),
    ).not.toThrow();
  });
});
