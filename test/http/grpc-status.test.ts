import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { shortenStatus } from "../../src/http/grpc-status.ts";
import { startWorld, type World } from "../world/server.ts";
import { ask, checkPath, openHttp2, watchPath } from "./raw.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

/** The status that is left. */
function left(message: string, details = ""): { message: string; details: string | null } {
  const trailer = new Headers({ "grpc-message": encodeURIComponent(message) });
  if (details !== "") trailer.set("grpc-status-details-bin", details);
  shortenStatus(trailer);
  const kept = decodeURIComponent(trailer.get("grpc-message") ?? "");
  return { message: kept, details: trailer.get("grpc-status-details-bin") };
}

test("a status of the usual size stays as it is", () => {
  expect(left("no size “a”", "AAAA")).toEqual({ message: "no size “a”", details: "AAAA" });
});

test("a long message is cut between characters, and large details are left out", () => {
  expect(left("x".repeat(5000))).toEqual({ message: `${"x".repeat(1000)}…`, details: null });
  expect(left("x" + "🔑".repeat(500), "A".repeat(9000))).toEqual({
    message: `x${"🔑".repeat(499)}\ufffd…`,
    details: null,
  });
});

test.each([
  ["unary", checkPath],
  ["streaming", watchPath],
])("no %s request ends a connection that others share by what is quoted of it", async (_, path) => {
  const session = await openHttp2(Number(new URL(world.url).port));
  const json = Buffer.from(JSON.stringify({ ["k".repeat(200_000)]: 1 }));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(json.byteLength, 1);
  const answer = await ask(session, path, {
    headers: { "content-type": "application/grpc+json", te: "trailers" },
    body: Buffer.concat([head, json]).toString("latin1"),
  });
  expect(answer.trailers).toMatchObject({ "grpc-status": "3" });
  expect(answer.trailers["grpc-message"]).toMatch(/^.{1000,1100}$/);
  expect(session.destroyed).toBe(false);
  expect((await ask(session, "/metal.v1.VersionService/Get")).status).toBe(200);
  session.destroy();
});
