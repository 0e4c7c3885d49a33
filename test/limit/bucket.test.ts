// Token buckets on a clock of the test.
import { describe, expect, test } from "@jest/globals";
import { Buckets } from "../../src/limit/bucket.ts";

function buckets(perSecond = 2, burst = 3) {
  const clock = { ms: 0 };
  return { clock, rate: new Buckets({ perSecond, burst }, () => clock.ms) };
}

const times = (count: number, take: () => number) => Array.from({ length: count }, take);

describe("a bucket", () => {
  test("gives as many at once as the burst, and then says when there is one", () => {
    const { rate } = buckets();
    expect(times(5, () => rate.take("a"))).toEqual([0, 0, 0, 500, 500]);
  });

  test("fills with time, no further than the burst", () => {
    const { clock, rate } = buckets();
    times(3, () => rate.take("a"));
    clock.ms = 499;
    expect(rate.take("a")).toBeCloseTo(1);
    clock.ms = 500;
    expect(times(2, () => rate.take("a"))).toEqual([0, 500]);
    clock.ms = 1_000_000;
    expect(times(4, () => rate.take("a"))).toEqual([0, 0, 0, 500]);
  });

  test("of another name is another", () => {
    const { rate } = buckets();
    times(4, () => rate.take("a"));
    expect(rate.take("b")).toBe(0);
  });

  test("may be looked into without taking", () => {
    const { rate } = buckets();
    expect(times(9, () => rate.wait("a"))).toEqual(Array(9).fill(0));
    times(3, () => rate.take("a"));
    expect(rate.wait("a")).toBe(500);
  });

  test("takes back what was not used, no more than the burst", () => {
    const { rate } = buckets();
    times(3, () => rate.take("a"));
    rate.giveBack("a");
    expect(times(2, () => rate.take("a"))).toEqual([0, 500]);
    for (let at = 0; at < 9; at += 1) rate.giveBack("a");
    expect(times(4, () => rate.take("a"))).toEqual([0, 0, 0, 500]);
  });

  test("is forgotten when too many others came after it, and never while it is in use", () => {
    const { rate } = buckets();
    times(3, () => rate.take("a"));
    for (let at = 0; at < 19_999; at += 1) rate.take(`other ${at}`);
    expect(rate.take("a")).toBe(500);
    for (let at = 0; at < 20_001; at += 1) rate.take(`further ${at}`);
    expect(rate.take("a")).toBe(0);
  });
});
