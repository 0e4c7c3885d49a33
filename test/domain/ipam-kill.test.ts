// A process that is killed while it hands out: what it answered is there, and nothing is lost.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import type { Store } from "../../src/store/store.ts";
import { newFolder, removeFoldersAfterAll } from "../store/folder.ts";
import { faultsOf } from "../world/books.ts";

removeFoldersAfterAll();

const allocator = join(import.meta.dirname, "allocator.ts");

/** Runs an allocator until it is killed, a moment after its first answer; returns what it held for certain. */
async function runAndKill(folder: string, project: string): Promise<Set<string>> {
  const child = spawn(process.execPath, [allocator, folder, project]);
  const text = { out: "", errors: "" };
  child.stdout.on("data", (chunk) => (text.out += String(chunk)));
  child.stderr.on("data", (chunk) => (text.errors += String(chunk)));
  await Promise.race([once(child.stdout, "data"), once(child, "close")]);
  expect(text.errors).toBe("");
  await pause(Math.random() * 300);
  const closed = once(child, "close");
  child.kill("SIGKILL");
  expect(await closed).toEqual([null, "SIGKILL"]);
  return heldAfter(text.out.slice(0, text.out.lastIndexOf("\n") + 1));
}

/** What was taken, and nobody had begun to give back. */
function heldAfter(lines: string): Set<string> {
  const held = new Set<string>();
  for (const [, verb, id = ""] of lines.matchAll(/^(take|giving) (.*)\n/gm)) {
    if (verb === "take") held.add(id);
    if (verb === "giving") held.delete(id);
  }
  return held;
}

async function expectHeld(store: Store, held: ReadonlySet<string>): Promise<void> {
  for (const id of held) {
    const found = (await store.read.ip.get(id)) ?? (await store.read.network.get(id));
    expect(found?.id).toBe(id);
  }
}

test("after SIGKILL at any time no answer is lost, nothing is leaked, and nothing is handed out twice", async () => {
  const folder = newFolder();
  const held = new Set<string>();
  for (const project of ["a", "b", "c", "d", "e"]) {
    for (const id of await runAndKill(folder, project)) {
      expect(held.has(id)).toBe(false);
      held.add(id);
    }
    const store = await openSqliteStore(folder);
    await expectHeld(store, held);
    expect(await faultsOf(store)).toEqual([]);
    await store.close();
  }
  expect(held.size).toBeGreaterThan(10);
}, 60_000);
