import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Problem } from "../../src/domain/problem.ts";
import { readFirmwareS3 } from "../../src/settings/firmware.ts";
import { readHeadscale } from "../../src/settings/headscale.ts";
import { webUrl } from "../../src/settings/url.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "metal-settings-"));
  writeFileSync(join(folder, "key"), "secret\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a reader makes of settings, and which settings it complains of. */
function reading<S, R>(read: (settings: S, report: (problem: Problem) => void) => R, settings: S) {
  const problems: Problem[] = [];
  const value = read(settings, (problem) => problems.push(problem));
  return { value, wrong: problems.map(({ setting }) => setting) };
}

describe("a bucket", () => {
  const whole = {
    "firmware-s3-endpoint": "https://s3.example",
    "firmware-s3-bucket": "fw",
    "firmware-s3-access-key": "id",
    "firmware-s3-secret-key": "secret",
  };

  test("is what the settings say", () => {
    const { value, wrong } = reading(readFirmwareS3, { ...whole, "firmware-s3-region": "eu" });
    expect([value, wrong]).toEqual([
      {
        endpoint: "https://s3.example",
        bucket: "fw",
        accessKey: "id",
        secretKey: "secret",
        region: "eu",
      },
      [],
    ]);
  });

  test("is none without settings, and a region alone is none", () => {
    expect(reading(readFirmwareS3, { "firmware-s3-region": "eu" })).toEqual({ wrong: [] });
  });

  test("may have its key in a file", () => {
    const { "firmware-s3-secret-key": _, ...rest } = whole;
    const settings = { ...rest, "firmware-s3-secret-key-file": join(folder, "key") };
    expect(reading(readFirmwareS3, settings).value?.secretKey).toBe("secret");
  });

  test.each(Object.keys(whole))("without %s is a problem of that setting", (name) => {
    const { value, wrong } = reading(readFirmwareS3, { ...whole, [name]: undefined });
    expect([value, wrong]).toEqual([undefined, [name]]);
  });

  test("with a key and a file is a problem", () => {
    const settings = { ...whole, "firmware-s3-access-key-file": join(folder, "key") };
    expect(reading(readFirmwareS3, settings).wrong).toContain("firmware-s3-access-key-file");
  });
});

describe("a headscale", () => {
  test("is logged in at where its API is, unless that is told", () => {
    const settings = { "headscale-url": "https://a", "headscale-api-key": "k" };
    expect(reading(readHeadscale, settings)).toEqual({
      value: { url: "https://a", loginUrl: "https://a", apiKey: "k" },
      wrong: [],
    });
    const other = reading(readHeadscale, { ...settings, "headscale-login-url": "https://b" });
    expect(other.value?.loginUrl).toBe("https://b");
  });

  test("may have its key in a file, and is none without settings", () => {
    const file = { "headscale-url": "https://a", "headscale-api-key-file": join(folder, "key") };
    expect(reading(readHeadscale, file).value?.apiKey).toBe("secret");
    expect(reading(readHeadscale, {})).toEqual({ wrong: [] });
  });

  test.each([
    [{ "headscale-url": "https://a" }, ["headscale-api-key"]],
    [{ "headscale-api-key": "k" }, ["headscale-url"]],
    [{ "headscale-login-url": "https://b" }, ["headscale-url"]],
    [
      { "headscale-url": "https://a", "headscale-api-key-file": "/nowhere" },
      ["headscale-api-key-file"],
    ],
  ])("%j is a problem of %j", (settings, names) => {
    expect(reading(readHeadscale, settings)).toEqual({ wrong: names });
  });
});

describe("an address of a server", () => {
  test.each([
    ["https://a.example", "https://a.example"],
    ["http://127.0.0.1:8080/", "http://127.0.0.1:8080"],
    ["https://a.example/b//", "https://a.example/b"],
  ])("%s is %s", (given, value) => {
    expect(webUrl(given)).toEqual({ value });
  });

  test.each(["", "a.example", "ftp://a", "https://", "https://a?b", "https://a#b", 1, undefined])(
    "is not %j",
    (given) => {
      expect(webUrl(given)).toHaveProperty("reason");
    },
  );

  test("with a password is refused, and the password not repeated", () => {
    const refused = webUrl("https://root:needle@a");
    expect(refused).toHaveProperty("reason");
    expect(JSON.stringify(refused)).not.toContain("needle");
  });
});
