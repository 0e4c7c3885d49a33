// A backup and a restore that are killed leave nothing that could be taken for one that is complete.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, watch } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "@jest/globals";
import { backUp, restore } from "../../src/maintenance/backup.ts";
import { folderPlace } from "../../src/maintenance/place.ts";
import { verify } from "../../src/maintenance/verify.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { newFolder, removeFoldersAfterAll } from "../store/folder.ts";
import { image, insertImages } from "../store/sample.ts";

removeFoldersAfterAll();

const main = join(import.meta.dirname, "../../src/cli/main.ts");
const folder = newFolder();
const data = join(folder, "data");
const good = join(folder, "good.sqlite");

beforeAll(async () => {
  mkdirSync(folder);
  const store = await openSqliteStore(data);
  const images = Array.from({ length: 3_000 }, (_, n) => image(`${n}`, { name: `image ${n}` }));
  await insertImages(store, images);
  await store.close();
  await backUp(folderPlace(data), good, { now: () => new Date() });
});

/** Runs a command, and kills it when it has begun to write in `where`. */
async function killed(args: readonly string[], where: string): Promise<void> {
  mkdirSync(where);
  const child = spawn(process.execPath, [main, ...args], {
    stdio: "ignore",
    env: { METAL_DATA: data },
  });
  const ended = once(child, "exit");
  using _ = watching(where, (name) => {
    if (name.endsWith(".part")) child.kill("SIGKILL");
  });
  expect(await ended).toEqual([null, "SIGKILL"]);
}

function watching(where: string, onName: (name: string) => void): Disposable {
  const watcher = watch(where, (_, name) => onName(name ?? ""));
  return { [Symbol.dispose]: () => watcher.close() };
}

test("a backup that is killed leaves no file under its name, and the next one succeeds", async () => {
  const where = join(folder, "backups");
  const file = join(where, "b.sqlite");
  await killed(["backup", file], where);
  expect(readdirSync(where)).toEqual([expect.stringMatching(/^b\.sqlite\.[0-9a-f]{8}\.part$/)]);
  await backUp(folderPlace(data), file, { now: () => new Date() });
  expect((await verify(file)).findings).toEqual([]);
});

test("a restore that is killed leaves no store, and the next one succeeds and tidies up", async () => {
  const where = join(folder, "restored");
  await killed(["restore", good, "--data", where], where);
  expect(existsSync(join(where, "metal.sqlite"))).toBe(false);
  await restore(good, folderPlace(where));
  expect(readdirSync(where).sort()).toEqual(["metal.lock", "metal.sqlite"]);
  const store = await openSqliteStore(where);
  expect(await store.read.image.count({})).toBe(3_000);
  await store.close();
});
