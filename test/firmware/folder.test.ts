import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  downloadPath,
  type FirmwareFolder,
  openFirmwareFolder,
} from "../../src/firmware/folder.ts";
import { createDownload } from "../../src/http/download.ts";
import { describeStore, plainName, uploadOf } from "./contract.ts";

let root: string;
let server: Server;
let store: FirmwareFolder;
let clockMs: number;

const baseUrl = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const openAgain = () =>
  openFirmwareFolder({ folder: join(root, "firmware"), baseUrl, now: () => clockMs });

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "metal-firmware-"));
  clockMs = Date.now();
  const listener = createDownload({
    path: downloadPath,
    open: (token) => store.open(token),
    onError: (error) => {
      throw error;
    },
    fallback: (_, response) => {
      response.writeHead(418);
      response.end();
    },
  });
  server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  store = await openAgain();
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(root, { recursive: true });
});

const files = () =>
  readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) =>
    statSync(join(root, path)).isFile(),
  );

describe("a folder", () => {
  describeStore(() => store);

  test("has plain files under readable names, which only their owner can read", async () => {
    await store.put(plainName, uploadOf(["x"]));
    const { sha256 } = uploadOf(["x"]);
    const path = `firmware/bmc/acme/B1/1.0/${sha256}`;
    expect(files().toSorted()).toEqual(["firmware/.url-key", path]);
    for (const file of files()) expect(statSync(join(root, file)).mode & 0o777).toBe(0o600);
    for (const folder of ["firmware", "firmware/bmc/acme"])
      expect(statSync(join(root, folder)).mode & 0o777).toBe(0o700);
  });

  test("keeps one of several that are put at once", async () => {
    const puts = ["a", "b", "c", "d"].map((text) => store.put(plainName, uploadOf([text])));
    await Promise.all(puts);
    expect(files()).toHaveLength(2);
    expect(await store.find(plainName)).toMatchObject({ size: 1 });
  });

  test("opened again has what it had, without what an upload left behind", async () => {
    await store.put(plainName, uploadOf(["x"]));
    writeFileSync(join(root, "firmware/.uploads/left"), "half");
    const again = await openAgain();
    expect(await again.names()).toEqual([plainName]);
    expect(files().filter((path) => path.includes(".uploads"))).toEqual([]);
  });

  test("passes over what somebody else laid there", async () => {
    mkdirSync(join(root, "firmware/bmc/acme/B1/1.0"), { recursive: true });
    writeFileSync(join(root, "firmware/bmc/acme/B1/1.0/notes.txt"), "x");
    writeFileSync(join(root, "firmware/README"), "x");
    expect([await store.names(), await store.find(plainName)]).toEqual([[], undefined]);
  });
});

describe("a URL", () => {
  beforeEach(() => store.put(plainName, uploadOf(["content"])));
  const status = async (url: string, method = "GET") => (await fetch(url, { method })).status;

  test("outlives the process that made it, and ends by the clock", async () => {
    const url = await store.url(plainName, 60);
    store = await openAgain();
    expect(await status(url)).toBe(200);
    clockMs += 59_999;
    expect(await status(url)).toBe(200);
    clockMs += 1;
    expect(await status(url)).toBe(404);
  });

  test("tells the size before the content, and is not to be kept", async () => {
    const response = await fetch(await store.url(plainName, 60), { method: "HEAD" });
    expect(response.headers.get("content-length")).toBe("7");
    expect(response.headers.get("content-type")).toBe("application/octet-stream");
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  test("that was changed in any place is good for nothing", async () => {
    const url = new URL(await store.url(plainName, 60));
    const token = url.pathname.slice(downloadPath.length);
    for (let at = 0; at < token.length; at += 1) {
      const other = token[at] === "A" ? "B" : "A";
      const changed = `${token.slice(0, at)}${other}${token.slice(at + 1)}`;
      expect(await store.open(changed)).toBeUndefined();
    }
    for (const wrong of ["", ".", "..", token.slice(0, -4), `${token}AAAA`, `${token}.x`, "%00"])
      expect([wrong, await status(`${url.origin}${downloadPath}${wrong}`)]).not.toEqual([
        wrong,
        200,
      ]);
  });

  test("of another store is good for nothing", async () => {
    const other = await openFirmwareFolder({ folder: join(root, "other"), baseUrl });
    await other.put(plainName, uploadOf(["content"]));
    expect(await status(await other.url(plainName, 60))).toBe(404);
  });

  test("is only read", async () => {
    const url = await store.url(plainName, 60);
    for (const method of ["POST", "PUT", "DELETE"]) expect(await status(url, method)).toBe(418);
    expect(await status(url)).toBe(200);
  });
});
