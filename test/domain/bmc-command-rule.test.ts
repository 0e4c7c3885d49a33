import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "@jest/globals";
import {
  BMCCommandSchema,
  BmcCommandState,
  BmcCommandType,
} from "../../gen/metal/v1/bmc_command_pb.ts";
import { commandsToSend, expiryReason, maxDeliveries } from "../../src/domain/bmc-command-rule.ts";

const { PENDING, SENT, DONE } = BmcCommandState;
const { ON, OFF, FREE, UPDATE_FIRMWARE } = BmcCommandType;
const minuteMs = 60_000;
const nowMs = 1_800_000_000_000;
const ago = (ms: number) => timestampFromMs(nowMs - ms);

type Init = MessageInitShape<typeof BMCCommandSchema>;

const command = (id: string, values: Init = {}) =>
  create(BMCCommandSchema, {
    id,
    machineId: "m",
    type: ON,
    state: PENDING,
    created: ago(1000),
    ...values,
  });
const sent = (id: string, agoMs: number, values: Init = {}) =>
  command(id, { state: SENT, deliveries: 1, sent: ago(agoMs), created: ago(agoMs), ...values });

const idsToSend = (open: Init[], { sinceMs = nowMs - 10 * minuteMs, held = [""] } = {}) =>
  commandsToSend(
    open.map((one) => create(BMCCommandSchema, one)),
    { nowMs, sinceMs, isHeld: (id) => held.includes(id) },
  ).map(({ id }) => id);

describe("of the open commands", () => {
  test("the first of each machine is sent, in the order in which they were issued", () => {
    const open = [
      command("1"),
      command("2"),
      command("3", { machineId: "n" }),
      command("4", { machineId: "n" }),
    ];
    expect(idsToSend(open)).toEqual(["1", "3"]);
  });

  test("none is sent while the one before was sent and nobody reported it", () => {
    expect(idsToSend([sent("1", 1000), command("2")])).toEqual([]);
  });

  test("one that was given up holds up nobody", () => {
    expect(idsToSend([sent("1", 11 * minuteMs), command("2")])).toEqual(["2"]);
  });

  test.each([
    ["before the receiver listened is sent again", 1000, [""], ["1"]],
    ["before, to somebody who still listens, is not", 1000, ["1"], []],
    ["so long ago that it counts as lost is sent again", minuteMs, ["1"], ["1"]],
  ])("one that was sent %s", (_, agoMs, held, ids) => {
    expect(idsToSend([sent("1", agoMs)], { sinceMs: nowMs - 500, held })).toEqual(ids);
  });

  test("one that is lost again and again is sent ever more rarely", () => {
    const again = (deliveries: number, agoMs: number) =>
      idsToSend([sent("1", agoMs, { deliveries, type: FREE })], { sinceMs: 0 });
    expect([again(2, minuteMs), again(2, 2 * minuteMs)]).toEqual([[], ["1"]]);
    expect([again(9, 29 * minuteMs), again(9, 30 * minuteMs)]).toEqual([[], ["1"]]);
  });
});

describe("a command is given up", () => {
  test.each([
    [ON, 10],
    [OFF, 10],
    [FREE, 24 * 60],
    [UPDATE_FIRMWARE, 2 * 60],
  ])("of type %s after %s minutes, sent or not", (type, minutes) => {
    const at = (ms: number, state: BmcCommandState) =>
      expiryReason(command("1", { type, state, created: ago(ms), sent: ago(0) }), nowMs);
    for (const state of [PENDING, SENT]) {
      expect(at(minutes * minuteMs, state)).toBeUndefined();
      expect(at(minutes * minuteMs + 1, state)).toBe(`not reported within ${minutes} minutes`);
    }
  });

  test("when so many sendings were not reported, but not before the last had its time", () => {
    const reason = (agoMs: number, deliveries: number) =>
      expiryReason(sent("1", agoMs, { type: FREE, deliveries }), nowMs);
    expect(reason(30 * minuteMs, maxDeliveries)).toBe(
      `sent ${maxDeliveries} times, never reported`,
    );
    expect(reason(29 * minuteMs, maxDeliveries)).toBeUndefined();
    expect(reason(30 * minuteMs, maxDeliveries - 1)).toBeUndefined();
  });
});

test("a command without times is as old as can be", () => {
  const bare = create(BMCCommandSchema, { id: "1", state: DONE });
  expect(expiryReason(bare, nowMs)).toBe("not reported within 10 minutes");
});
