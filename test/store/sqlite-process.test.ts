// The store in SQLite among processes: one works in a folder, and what it has acknowledged survives its violent end.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import type { Store } from "../../src/store/store.ts";
import { newFolder, removeFoldersAfterAll, withDatabase } from "./folder.ts";

removeFoldersAfterAll();

const writerFile = join(import.meta.dirname, "writer.ts");

/** Starts a writer and waits until it has acknowledged something; `kill` ends it and returns all it acknowledged. */
async function startWriter(folder: string, prefix: string) {
  const child = spawn(process.execPath, [writerFile, folder, prefix]);
  const text = { out: "", errors: "" };
  child.stdout.on("data", (chunk) => (text.out += String(chunk)));
  child.stderr.on("data", (chunk) => (text.errors += String(chunk)));
  await Promise.race([once(child.stdout, "data"), once(child, "close")]);
  expect(text.errors).toBe("");
  return { kill: () => kill(child, text) };
}

async function kill(child: ChildProcessWithoutNullStreams, text: { out: string }) {
  const closed = once(child, "close");
  child.kill("SIGKILL");
  expect(await closed).toEqual([null, "SIGKILL"]);
  return text.out.slice(0, text.out.lastIndexOf("\n")).split("\n");
}

test("what was acknowledged survives SIGKILL at any time, and nothing is half there", async () => {
  const folder = newFolder();
  const acknowledged: string[] = [];
  for (const round of ["a", "b", "c", "d"]) {
    const writer = await startWriter(folder, round);
    await pause(Math.random() * 200);
    acknowledged.push(...(await writer.kill()));
    const store = await openSqliteStore(folder);
    await expectAll(store, acknowledged);
    await store.close();
    withDatabase(folder, expectWhole);
  }
});

async function expectAll(store: Store, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    expect(await store.read.image.get(id)).toMatchObject({ id, name: id, generation: 1n });
    expect(await store.read.image.count({ name: id, os: "ubuntu", feature: ["1", "2"] })).toBe(1);
    expect(await store.read.audit.get(id)).toMatchObject({ traceId: id });
  }
}

/** Of every image the latest version, all six terms and the record; of each of these the image. */
function expectWhole(db: DatabaseSync): void {
  const count = (text: string) => db.prepare(`select count(*) as n from ${text}`).get()?.n;
  const images = Number(count("entity"));
  expect(images).toBeGreaterThan(0);
  expect(count("entity where version <> 1")).toBe(0);
  expect(count("audit where trace_id in (select id from entity)")).toBe(images);
  expect(count("audit")).toBe(images);
  expect(count("term where kind = 'image' and id in (select id from entity)")).toBe(images * 6);
  expect(count("term")).toBe(images * 6);
  expect(db.prepare("pragma integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
}

test("a second server in the same folder is refused, and allowed when the first has died", async () => {
  const folder = newFolder();
  const writer = await startWriter(folder, "a");
  const refused = `cannot open the store in "${folder}": another server works there: stop it, or`;
  await expect(openSqliteStore(folder)).rejects.toThrow(refused);
  await writer.kill();
  const store = await openSqliteStore(folder);
  await expect(openSqliteStore(folder)).rejects.toThrow(refused);
  await store.ping();
  await expect(openSqliteStore(folder)).rejects.toThrow(refused);
  await store.close();
  await (await openSqliteStore(folder)).close();
});
