// Floods of refusals in few records, and nothing of them lost.
import { create } from "@bufbuild/protobuf";
import { expect, test } from "@jest/globals";
import { type AuditRecord, AuditRecordSchema } from "../../gen/metal/v1/audit_pb.ts";
import { createFlood } from "../../src/audit/flood.ts";
import { until } from "../world/until.ts";

const record = (traceId: string, decision = "NO_CREDENTIAL") =>
  create(AuditRecordSchema, { traceId, decision, detail: "detail" });

function flooded(options = {}) {
  const written: AuditRecord[] = [];
  const append = async (one: AuditRecord) => void written.push(one);
  const flood = createFlood({ append, onError: () => {}, perSource: 2, sources: 2, ...options });
  return { written, flood };
}

const admitted = (flood: ReturnType<typeof createFlood>, sources: string[], decision?: string) =>
  sources.map((source, at) => flood.admits(source, record(`${source}${at}`, decision)));

test("the first of a second are written one by one, the others as one that stands for them", async () => {
  const { written, flood } = flooded();
  expect(admitted(flood, ["a", "a", "a", "a", "a"])).toEqual([true, true, false, false, false]);
  await flood.flush();
  expect(written).toMatchObject([
    { traceId: "a4", detail: "detail; stands for 3 within a second" },
  ]);
});

test("a single one above is written as it is", async () => {
  const { written, flood } = flooded();
  admitted(flood, ["a", "a", "a"]);
  await flood.flush();
  expect(written).toMatchObject([{ traceId: "a2", detail: "detail" }]);
});

test("sources and kinds are told apart, as far as there is room for them", async () => {
  const { written, flood } = flooded();
  expect(admitted(flood, ["a", "a", "b", "b", "c", "d", "e"])).toEqual([
    true,
    true,
    true,
    true,
    true,
    true,
    false,
  ]);
  expect(admitted(flood, ["a"], "BAD_CREDENTIAL")).toEqual([true]);
  await flood.flush();
  expect(written).toMatchObject([{ traceId: "e6" }]);
});

test("what is over begins anew", async () => {
  const { flood } = flooded();
  admitted(flood, ["a", "a", "a"]);
  await flood.flush();
  expect(admitted(flood, ["a", "a", "a"])).toEqual([true, true, false]);
  await flood.flush();
});

test("it ends by itself after a second", async () => {
  const { written, flood } = flooded();
  admitted(flood, ["a", "a", "a"]);
  await until(() => written.length > 0);
  expect(written).toHaveLength(1);
});

test("what cannot be written is told", async () => {
  const failed: string[] = [];
  const { flood } = flooded({
    append: () => Promise.reject(new Error("disk full")),
    onError: (error: unknown, { traceId }: AuditRecord) =>
      failed.push(`${traceId} ${String(error)}`),
  });
  admitted(flood, ["a", "a", "a"]);
  await flood.flush();
  expect(failed).toEqual(["a2 Error: disk full"]);
});
