// Who counts for what while a request is open.
import { expect, test } from "@jest/globals";
import { createInFlight } from "../../src/limit/in-flight.ts";

const inFlight = () =>
  createInFlight({ strangersPerSource: 2, strangers: 3, callsPerPrincipal: 2 });

test("strangers are bounded by source and all together", () => {
  const open = inFlight();
  const entered = ["a", "a", "a", "b", "b"].map((source) => open.enter(source) !== undefined);
  expect(entered).toEqual([true, true, false, true, false]);
  expect(open.counts).toEqual({ strangers: 3, known: 0 });
});

test("a source has room until it has too many, whatever others have", () => {
  const open = inFlight();
  const tickets = [open.enter("a"), open.enter("a")];
  expect(["a", "b"].map(open.hasRoom)).toEqual([false, true]);
  tickets[0]?.identify("p");
  expect(open.hasRoom("a")).toBe(true);
});

test("whoever leaves makes room, once", () => {
  const open = inFlight();
  const first = open.enter("a");
  open.enter("a");
  first?.leave();
  first?.leave();
  expect(open.counts.strangers).toBe(1);
  expect([open.enter("a"), open.enter("a")].map((ticket) => ticket !== undefined)).toEqual([
    true,
    false,
  ]);
});

test("a caller who is known counts for itself, wherever its calls come from", () => {
  const open = inFlight();
  const identified = ["a", "a", "a"].map((source) => open.enter(source)?.identify("p"));
  expect(identified).toEqual([true, true, false]);
  expect(open.counts).toEqual({ strangers: 0, known: 2 });
  expect(open.enter("a")?.identify("q")).toBe(true);
});

test("a known caller that leaves makes room for its next call", () => {
  const open = inFlight();
  const tickets = [open.enter("a"), open.enter("a")];
  for (const ticket of tickets) ticket?.identify("p");
  tickets[0]?.leave();
  expect(open.enter("b")?.identify("p")).toBe(true);
  expect(open.enter("b")?.identify("p")).toBe(false);
  expect(open.counts).toEqual({ strangers: 0, known: 2 });
});
