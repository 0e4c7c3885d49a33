import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { openS3Firmware } from "../../src/firmware/s3.ts";
import { failure } from "../world/failure.ts";
import { describeStore, plainName, uploadOf } from "./contract.ts";
import { type S3Server, startS3 } from "./s3-server.ts";

let server: S3Server;
beforeEach(async () => {
  server = await startS3();
});
afterEach(() => server.close());

const store = (changes: object = {}) => openS3Firmware({ ...server.settings, ...changes });

describe("a bucket", () => {
  describeStore(store);

  test("has what was put there under the names that metal-stack gives", async () => {
    await store().put(plainName, uploadOf(["x"]));
    expect([...server.objects.keys()]).toEqual(["bmc/acme/B1/1.0"]);
  });

  test("may hold other things, and firmware of which no hash is known", async () => {
    const kept = { body: Buffer.from("xy"), headers: {}, modified: new Date(0) };
    for (const key of ["README", "bmc/acme/B1/2.0", "bmc/acme/B1/2.0/x", "gpu/acme/B1/2.0"])
      server.objects.set(key, kept);
    const [name, ...others] = await store().names();
    expect([name, others]).toEqual([{ ...plainName, revision: "2.0" }, []]);
    expect(await store().find(name ?? plainName)).toMatchObject({ size: 2, sha256: "" });
  });

  test("is told the hash before the body, so that it refuses what was damaged on the way", async () => {
    await store().put(plainName, uploadOf(["x"]));
    expect(server.log).toEqual(["PUT 200"]);
    expect([...server.objects.values()][0]?.headers).toEqual({
      "x-amz-meta-sha256": uploadOf(["x"]).sha256,
    });
  });

  test.each([
    ["key", { secretKey: "another" }],
    ["account", { accessKey: "another" }],
    ["region", { region: "another" }],
    ["bucket", { bucket: "another" }],
  ])("with another %s refuses, which is no fault of the caller", async (_, changes) => {
    for (const call of [store(changes).names(), store(changes).put(plainName, uploadOf(["x"]))])
      expect(await failure(call)).toBe("Unavailable: the store for firmware refuses");
    expect(server.objects.size).toBe(0);
  });

  test("that does not answer is unavailable", async () => {
    const gone = store({ endpoint: "http://127.0.0.1:1" });
    for (const call of [gone.names(), gone.find(plainName), gone.put(plainName, uploadOf(["x"]))])
      expect(await failure(call)).toBe("Unavailable: the store for firmware does not answer");
  });

  test("hands out URLs that end, and that are good for nothing else", async () => {
    await store().put(plainName, uploadOf(["x"]));
    const url = await store().url(plainName, 60);
    const other = url.replace("1.0", "1.1");
    const post = await fetch(url, { method: "DELETE" });
    expect([(await fetch(url)).status, (await fetch(other)).status, post.status]).toEqual([
      200, 403, 403,
    ]);
    const clock = jest.spyOn(Date, "now").mockReturnValue(Date.now() + 61_000);
    expect((await fetch(url)).status).toBe(403);
    clock.mockRestore();
  });
});
