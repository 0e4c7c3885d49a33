// That the benchmark runs: every kind of measurement once and for a moment, on real servers. How fast they are is not
// for a test to say.
import { beforeAll, describe, expect, test } from "@jest/globals";
import { measureAll } from "../../bench/main.ts";
import type { Cell, Table } from "../../bench/report/table.ts";

let tables: readonly Table[];
beforeAll(async () => {
  tables = await measureAll(
    {
      only: ["get", "checks", "refused", "body", "address", "watch", "soak"],
      rounds: 1,
      seconds: 0.05,
      warmUpCalls: 1,
      soakCalls: 10,
      streams: 10,
      markdown: false,
    },
    { note: () => {}, table: () => {} },
  );
});

test("every workload reports its tables", () => {
  expect(tables.map(({ title }) => title)).toEqual([
    "get a machine: Connect, HTTP/2",
    "get a machine: gRPC, HTTP/2",
    "checks alone: get a machine",
    "refused calls: Connect, HTTP/2",
    "refused calls: gRPC, HTTP/2",
    "no credential, 1 MiB of body",
    "allocate and free an address: gRPC, OIDC",
    "10 open streams: watch a machine, gRPC, OIDC",
    "soak: get a machine, gRPC, HMAC",
  ]);
});

test("metal-connect is compared with every server that speaks the protocol", () => {
  const names = tables.slice(0, 2).map(({ rows }) => rows.map(({ name }) => name));
  const metal = ["metal-connect, OIDC", "metal-connect, HMAC"];
  expect(names).toEqual([
    [...metal, "connect-node", "raw node:http2"],
    [...metal, "connect-node", "grpc-js", "raw node:http2"],
  ]);
});

describe("every cell of a column", () => {
  const isTold = (cell: Cell) => {
    if (typeof cell === "object") return Number.isFinite(cell.median) && cell.min <= cell.max;
    return typeof cell === "string" ? cell !== "" : Number.isFinite(cell);
  };

  test("is told", () => {
    const missing = tables.flatMap(({ title, columns, rows }) =>
      rows.flatMap((row) =>
        columns.filter(({ key }) => !isTold(row[key])).map(({ key }) => `${title}: ${key}`),
      ),
    );
    expect(missing).toEqual([]);
  });
});
