// The place of limits in the gate: before the credential is looked at, and once more when it is known who calls.
import { afterEach, expect, test } from "@jest/globals";
import { ErrorInfoSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import type { Admission } from "../../src/rbac/gate.ts";
import { errorOf, type Running, start, verdict } from "./library.ts";

let server: Running | undefined;
afterEach(() => server?.close());

const tooMany = { retryAfterMs: 1500.2, detail: "test" };
const open: Admission = { before: () => undefined, after: () => undefined };

test("who comes too early is refused before anybody looks at the credential", async () => {
  let looks = 0;
  server = await start({
    admission: { ...open, before: () => tooMany },
    authenticate: async () => {
      looks += 1;
      return { principal: undefined };
    },
  });
  const error = await errorOf(server.client("grpc", "admin").lend({}));
  expect(error.rawMessage).toBe("too many calls, try again in 2 s");
  expect(error.findDetails(ErrorInfoSchema)).toMatchObject([{ reason: "RATE_LIMITED" }]);
  expect(error.findDetails(RetryInfoSchema)).toMatchObject([
    { retryDelay: { seconds: 1n, nanos: 501_000_000 } },
  ]);
  expect(looks).toBe(0);
  expect(server.decisions).toMatchObject([{ principal: undefined, detail: "test" }]);
});

test("who comes too early in its own name is refused in it, whatever its role", async () => {
  server = await start({ admission: { ...open, after: () => tooMany } });
  expect(await verdict(server.client("connect", "nobody").lend({}))).toBe(
    "ResourceExhausted RATE_LIMITED",
  );
  expect(server.decisions).toMatchObject([
    { principal: { name: "nobody" }, decision: { reason: "RATE_LIMITED" } },
  ]);
});

test("what was found out is told, and a bad credential stays one", async () => {
  const told: unknown[] = [];
  const after: Admission["after"] = (_, found) => {
    told.push("refused" in found ? found.refused : found.principal?.name);
    return tooMany;
  };
  server = await start({ admission: { ...open, after } });
  expect(await verdict(server.client("connect", "mallory").lend({}))).toBe(
    "Unauthenticated BAD_CREDENTIAL",
  );
  await verdict(server.client("connect").search({}));
  await verdict(server.client("connect", "viewer").search({}));
  expect(told).toEqual(["BAD_CREDENTIAL", undefined, "viewer"]);
});

test("limits that fail let nobody in", async () => {
  const failing = () => {
    throw new Error("no memory");
  };
  server = await start({ admission: { ...open, before: failing } });
  expect(await verdict(server.client("connect", "admin").search({}))).toBe(
    "Unavailable UNDECIDABLE",
  );
  expect(server.errors).toHaveLength(1);
});
