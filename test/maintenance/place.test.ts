// The commands of a server's own machine: which place they mean, how stores are moved and brought up to date there.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { backUp, restore } from "../../src/maintenance/backup.ts";
import { bringUpToDate, stateOf } from "../../src/maintenance/migrate.ts";
import { migrateLike } from "../../src/store/migrations.ts";
import { openSqliteEngine } from "../../src/store/sqlite-engine.ts";
import { openTerminal, type Terminal } from "../cli/terminal.ts";
import { image, insertImages } from "../store/sample.ts";
import { faultsOf } from "../world/books.ts";
import { type EmptyPlace, engines, openPlaces, type Places } from "./places.ts";

let places: Places;
let terminal: Terminal;
beforeAll(async () => {
  places = await openPlaces();
  terminal = await openTerminal();
});
afterAll(async () => {
  await places.remove();
  await terminal.close();
});

const metal = (line: string | readonly string[], env: Readonly<Record<string, string>> = {}) =>
  terminal.metal(line, { env, cwd: places.folder });

/** A place with an image in its store. */
async function filled(engine: "sqlite" | "postgres"): Promise<EmptyPlace> {
  const place = await places.make(engine);
  const store = await place.open();
  await insertImages(store, [image("a")]);
  await store.close();
  return place;
}

describe("which place is meant", () => {
  test("flags come before variables, and variables before the file, as with the server", async () => {
    const [file, variable, flag] = await Promise.all(
      engines.map(() => places.make("sqlite")).concat(places.make("sqlite")),
    );
    const config = join(places.folder, "settings.yaml");
    writeFileSync(config, `data: ${file?.address}\nlog-level: info\n`);
    const env = { METAL_CONFIG: config };
    const both = { ...env, METAL_DATA: variable?.address ?? "" };
    const name = async (line: string, settings: Record<string, string>) =>
      (await metal(line, settings)).err.split("there is no store in ")[1]?.trim();
    expect(await name("backup b", env)).toBe(file?.address);
    expect(await name("backup b", both)).toBe(variable?.address);
    expect(await name(`backup b --data ${flag?.address}`, both)).toBe(flag?.address);
  });

  test("values of settings that have nothing to do with it are not looked at", async () => {
    const place = await filled("sqlite");
    const env = { ...place.env, METAL_LISTEN: "nonsense", METAL_API_URL: "http://127.0.0.1:1" };
    expect(await metal("migrate --check", env)).toMatchObject({ code: 0 });
  });

  test.each([
    [
      "a misspelt variable",
      "backup b",
      { METAL_DATABASE_ULR: "x" },
      "did you mean METAL_DATABASE_URL?",
    ],
    [
      "a wrong URL",
      "backup b",
      { METAL_DATABASE_URL: "mysql://u:geheim@h/d" },
      "database-url: is no URL",
    ],
    [
      "a URL without TLS",
      "restore b",
      { METAL_DATABASE_URL: "postgres://u:geheim@h/d" },
      "without TLS",
    ],
    [
      "two databases",
      "migrate --database-url-file f",
      { METAL_DATABASE_URL: "postgres://u:geheim@localhost/d" },
      "give one of the two",
    ],
    [
      "a wrong place to copy from",
      "copy --from postgres://u:geheim@h --to d",
      {},
      "--from: names no database",
    ],
    ["no place to copy to", "copy --from d", {}, "required option '--to <place>'"],
  ])("%s is wrong usage, and no password is quoted", async (_, line, env, reason) => {
    const { code, out, err } = await metal(line, env);
    expect([code, out, err]).toEqual([2, "", expect.stringContaining(reason)]);
    expect(err).not.toContain("geheim");
  });

  test("a database that does not answer is told by its name alone", async () => {
    const env = { METAL_DATABASE_URL: "postgres://metal:geheim@127.0.0.1:1/store" };
    for (const line of ["backup b", "migrate", "migrate --check"])
      expect(await metal(line, env)).toEqual({
        code: 1,
        out: "",
        err: expect.stringMatching(/^cannot .* postgres:\/\/127\.0\.0\.1:1\/store: (?!.*geheim)/),
      });
  });
});

describe("copy", () => {
  test.each([
    ["sqlite", "postgres"],
    ["postgres", "sqlite"],
  ] as const)("from %s to %s moves the store, and leaves the original", async (from, to) => {
    const [origin, target] = [await filled(from), await places.make(to)];
    const outcome = await metal(["copy", "--from", origin.address, "--to", target.address]);
    expect(outcome).toEqual({
      code: 0,
      out: expect.stringMatching(
        `^copied \\d+ rows of ${origin.place.name} to ${target.place.name}\n$`,
      ),
      err: expect.stringContaining("secrets-key"),
    });
    for (const place of [origin, target]) {
      const store = await place.open();
      expect(await store.read.image.get("a")).toMatchObject({ id: "a" });
      expect(await faultsOf(store)).toEqual([]);
      await store.close();
    }
  });

  test("a URL may lie in a file, as the server takes it", async () => {
    const [origin, target] = [await filled("sqlite"), await places.make("postgres")];
    const file = join(places.folder, "url");
    writeFileSync(file, `${target.address}\n`);
    expect(await metal(`copy --from ${origin.address} --to ${file}`)).toMatchObject({ code: 0 });
  });

  test.each(engines)("from %s is refused while a server works there", async (engine) => {
    const [origin, target] = [await filled(engine), await places.make("sqlite")];
    const server = await origin.open();
    const { code, err } = await metal(["copy", "--from", origin.address, "--to", target.address]);
    expect([code, err]).toEqual([1, expect.stringMatching(/servers? works? there/)]);
    await server.close();
  });

  test("a place without a store is told", async () => {
    for (const engine of engines) {
      const [origin, target] = [await places.make(engine), await places.make("sqlite")];
      const { code, err } = await metal(["copy", "--from", origin.address, "--to", target.address]);
      expect([code, err]).toEqual([1, expect.stringContaining("there is no store")]);
    }
  });
});

describe.each(engines)("migrate on %s", (engine) => {
  test("tells what is to be done, does it, and has nothing left to do", async () => {
    const { env, place } = await places.make(engine);
    if (engine === "postgres")
      expect(await metal("migrate --check", env)).toMatchObject({
        code: 1,
        out: expect.stringMatching(/^pending: 0001_entity\n/),
      });
    expect(await metal("migrate", env)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^done: 0001_entity\n[^]*up to date\n$/),
    });
    const upToDate = { code: 0, out: `${place.name} is up to date\n`, err: "" };
    expect(await metal("migrate --check", env)).toEqual(upToDate);
    expect(await metal("migrate", env)).toEqual(upToDate);
  });

  test("says whether there is something to do while a server works", async () => {
    const { env, open } = await filled(engine);
    const server = await open();
    expect(await metal("migrate --check", env)).toMatchObject({ code: 0 });
    // Those on PostgreSQL share it; SQLite is one process's own.
    const outcome = { sqlite: 1, postgres: 0 } as const;
    expect(await metal("migrate", env)).toMatchObject({ code: outcome[engine] });
    await server.close();
  });
});

/** Kysely's lock for migrations, one of PostgreSQL's advisory locks. */
const migrationLock = "3853314791062309107";

test("several processes that bring a database up to date wait for each other, servers among them", async () => {
  const { env, place, address, open } = await places.make("postgres");
  const holder = new pg.Client(address);
  await holder.connect();
  await holder.query(`select pg_advisory_lock(${migrationLock})`);
  const main = join(import.meta.dirname, "../../src/cli/main.ts");
  const migrating = [1, 2].map(async () => {
    const child = spawn(process.execPath, [main, "migrate"], { env });
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
    return [code, said];
  });
  const starting = open();
  await untilWaiting(holder, 3);
  await holder.end();
  expect(await Promise.all(migrating)).toEqual([
    [0, ""],
    [0, ""],
  ]);
  await (await starting).close();
  expect((await stateOf(place)).pending).toEqual([]);
});

/** Resolves when so many sessions wait for the lock. */
async function untilWaiting(client: pg.Client, count: number): Promise<void> {
  const question = "select 1 from pg_locks where locktype = 'advisory' and not granted";
  while ((await client.query(question)).rows.length < count) await pause(20);
}

test("a backup of an older version is restored as it was, and brought up to date", async () => {
  const done = await namesOfAll();
  const origin = await places.make("sqlite");
  const old = openSqliteEngine(origin.address);
  await migrateLike(old, done.slice(0, -1));
  await old.close();
  const file = join(places.folder, "old.sqlite");
  await backUp(origin.place, file, { now: () => new Date() });
  expect(await metal(`backup --verify ${file}`)).toMatchObject({
    code: 0,
    out: expect.stringContaining("an older version wrote it"),
  });
  for (const engine of engines) {
    const target = await places.make(engine);
    await restore(file, target.place);
    expect(await stateOf(target.place)).toEqual({ done, pending: [] });
    const store = await target.open();
    expect(await faultsOf(store)).toEqual([]);
    await store.close();
  }
});

/** The names of all migrations. */
async function namesOfAll(): Promise<readonly string[]> {
  const { place } = await places.make("sqlite");
  await bringUpToDate(place);
  return (await stateOf(place)).done;
}
