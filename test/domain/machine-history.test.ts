import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { MachineLiveliness } from "../../gen/metal/v1/machine_pb.ts";
import { containerOf, ensureHistory, recordEvent } from "../../src/domain/machine-history.ts";
import { applyEvent } from "../../src/domain/provisioning.ts";
import {
  type EventContainer,
  eventTypes,
  noEvents,
  touch,
} from "../../src/domain/provisioning-event.ts";
import type { Store } from "../../src/store/store.ts";
import { openTestStore } from "../world/store.ts";

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const kept = async () => store.read.machineHistory.get("m");
const record = (event: (typeof eventTypes)[number], time: number, message = "") =>
  store.transaction((tx) => recordEvent(tx, "m", { event, time, message }));

test("what is kept is what the rules make of the events, whichever they are", async () => {
  let container: EventContainer = noEvents;
  for (const [index, event] of [...eventTypes, ...eventTypes.toReversed()].entries()) {
    const happening = { event, time: 1_000 + index * 400_000, message: `${index}` };
    container = applyEvent(container, happening);
    await record(event, happening.time, happening.message);
    const history = await kept();
    expect(history && containerOf(history)).toEqual(container);
  }
});

test("a machine that registers is alive, and has no events", async () => {
  await store.transaction((tx) => ensureHistory(tx, "m", 7));
  const history = await kept();
  expect(history?.liveliness).toBe(MachineLiveliness.ALIVE);
  expect(history && containerOf(history)).toEqual(touch(noEvents, 7));
  await store.transaction((tx) => ensureHistory(tx, "m", 9));
  expect(await kept()).toEqual(history);
});

test("events that a later version knows are passed over", async () => {
  const history = await record("Waiting", 1);
  history.events?.log.unshift({ ...history.events.log[0], event: "Dreaming" } as never);
  expect(containerOf(history).events.map(({ event }) => event)).toEqual(["Waiting"]);
});
