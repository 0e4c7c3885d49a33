import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { openFirmware } from "../../src/firmware/open.ts";
import { failure } from "../world/failure.ts";
import { plainName } from "./contract.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "metal-firmware-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const urlWith = async (publicUrl: string | undefined, listening: string | undefined) => {
  const store = await openFirmware({
    s3: undefined,
    folder,
    publicUrl,
    listening: () => listening,
  });
  return (await store.url(plainName, 60)).replace(/\/firmware\/.*/, "");
};

test.each([
  ["https://metal.example/api", "http://0.0.0.0:1", "https://metal.example/api"],
  [undefined, "http://10.0.0.1:8080", "http://10.0.0.1:8080"],
  [undefined, "https://[2001:db8::1]:8080", "https://[2001:db8::1]:8080"],
])("with public-url %s, listening on %s, BMCs are sent to %s", async (own, listening, url) => {
  expect(await urlWith(own, listening)).toBe(url);
});

test.each(["http://0.0.0.0:8080", "http://[::]:8080", undefined])(
  "listening on %s without public-url, BMCs are sent nowhere",
  async (listening) => {
    expect(await failure(urlWith(undefined, listening))).toBe(
      "FailedPrecondition: where BMCs reach this server is not known: set public-url",
    );
  },
);

test("with a bucket BMCs are sent there", async () => {
  const s3 = {
    endpoint: "https://s3.example",
    bucket: "fw",
    accessKey: "id",
    secretKey: "secret",
    region: "eu",
  };
  const store = await openFirmware({
    s3,
    folder,
    publicUrl: undefined,
    listening: () => undefined,
  });
  expect(await store.url(plainName, 7200)).toMatch(
    /^https:\/\/s3\.example\/fw\/bmc\/acme\/B1\/1\.0\?.*X-Amz-Expires=7200/,
  );
});
