// What the benchmark is told, and what it tells.
import { describe, expect, test } from "@jest/globals";
import { outcomeOf } from "../../bench/load/h2load.ts";
import { readOptions } from "../../bench/options.ts";
import { quantile, ratioOf, spreadOf } from "../../bench/report/spread.ts";
import { markdown, plain } from "../../bench/report/table.ts";

describe("a spread", () => {
  test("has the median, the least and the largest number", () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  });

  test("of ratios compares what was measured in the same round", () => {
    expect(ratioOf([10, 20, 60], [10, 10, 20])).toEqual({ median: 2, min: 1, max: 3 });
  });

  test.each([
    [0, 1],
    [0.5, 2],
    [0.99, 4],
    [1, 4],
  ])("reaches the share %d at %d", (share, number) => {
    expect(quantile([1, 2, 3, 4], share)).toBe(number);
  });

  test("of nothing is an error", () => {
    expect(() => spreadOf([])).toThrow("nothing was measured");
  });
});

describe("a table", () => {
  const table = {
    title: "get",
    columns: [
      { key: "name", head: "server" },
      { key: "calls", head: "calls/s" },
      { key: "cpu", head: "µs", digits: 1 },
    ],
    rows: [
      { name: "one", calls: 12_345, cpu: { median: 2, min: 1.25, max: 3 } },
      { name: "another", calls: undefined, cpu: { median: 4, min: 4, max: 4 } },
    ],
  };

  test("is aligned for a terminal", () => {
    expect(plain(table)).toBe(
      [
        "get",
        "  server   calls/s             µs",
        "  one       12,345  2.0 (1.3–3.0)",
        "  another                     4.0",
        "",
      ].join("\n"),
    );
  });

  test("is Markdown for a page", () => {
    expect(markdown(table)).toBe(
      [
        "### get",
        "",
        "| server | calls/s | µs |",
        "|---|--:|--:|",
        "| one | 12,345 | 2.0 (1.3–3.0) |",
        "| another |  | 4.0 |",
        "",
      ].join("\n"),
    );
  });
});

describe("what h2load printed", () => {
  const printed = [
    "finished in 2.00s, 5.00 req/s, 1.20KB/s",
    "requests: 12 total, 12 started, 10 done, 9 succeeded, 1 failed, 1 errored, 0 timeout",
    "status codes: 9 2xx, 0 3xx, 1 4xx, 0 5xx",
    "traffic: 2.40KB (2458) total, 200B (200) headers (space savings 50.00%), 1.20KB (1230) data",
  ].join("\n");
  const connect = {
    path: "/",
    headers: { "content-type": "application/proto" },
    body: Buffer.of(),
  };
  const grpc = { ...connect, headers: { "content-type": "application/grpc+proto" } };

  test.each([
    ["an answer over Connect", { request: connect }, 1],
    ["a refusal over Connect", { request: connect, wants: "refusal" }, 9],
    ["an answer over gRPC", { request: grpc }, 1],
    ["a refusal over gRPC", { request: grpc, wants: "refusal" }, 1],
  ] as const)("is read where the load wants %s", (_, load, failed) => {
    const outcome = outcomeOf(printed, { ...load, seconds: 2 });
    expect(outcome).toEqual({ calls: 10, failed, seconds: 2, bytes: 1230 });
  });

  test("is an error if it has another form", () => {
    expect(() => outcomeOf("?", { request: grpc, seconds: 2 })).toThrow("something else");
  });
});

describe("the options", () => {
  const workloads = [{ name: "get", meaning: "get" }];

  test("have defaults", () => {
    expect(readOptions([], workloads)).toEqual({
      only: [],
      rounds: 5,
      seconds: 3,
      warmUpCalls: 10_000,
      soakCalls: 1_000_000,
      streams: 1000,
      markdown: false,
    });
  });

  test("ask for help", () => {
    expect(readOptions(["--help"], workloads)).toBeUndefined();
  });

  test.each([
    [["--only", "gte"], 'there is no workload "gte"'],
    [["--rounds", "none"], '--rounds takes a number above 0, not "none"'],
    [["--seconds", "0"], '--seconds takes a number above 0, not "0"'],
    [["--fast"], "Unknown option '--fast'"],
  ])("%j are refused", (argv, message) => {
    expect(() => readOptions(argv, workloads)).toThrow(message);
  });
});
