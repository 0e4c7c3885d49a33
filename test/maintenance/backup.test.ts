// Backups of a store at work, and what becomes of them: from every engine into every engine, all or nothing.
import { copyFileSync, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { IPService } from "../../gen/metal/v1/ip_pb.ts";
import { openTerminal, type Outcome, type Terminal } from "../cli/terminal.ts";
import { insertImages, image } from "../store/sample.ts";
import { faultsOf } from "../world/books.ts";
import { startWorld, users, type World } from "../world/server.ts";
import { type EmptyPlace, type EngineName, engines, openPlaces, type Places } from "./places.ts";
import { missing, startWriters, type Writers } from "./writers.ts";

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

/** Runs a command of a server's own machine. */
const metal = (line: string | readonly string[], { env }: Pick<EmptyPlace, "env">) =>
  terminal.metal(line, { env, cwd: places.folder, now: () => new Date() });

/** Runs a command as an admin of a server. */
function asAdmin(line: string, { url }: World): Promise<Outcome> {
  const { type, keys } = users.admin;
  const secret = { METAL_API_HMAC: keys[0]?.secret ?? "", METAL_API_HMAC_AUTH_TYPE: type };
  return terminal.metal(line, { env: { METAL_API_URL: url, ...secret }, now: () => new Date() });
}

const address = { networkId: "internet", projectId: "p" };

describe.each(engines)("on %s, while callers write,", (engine) => {
  const file = `${engine}.sqlite`;
  let origin: EmptyPlace;
  let world: World;
  let writers: Writers;
  let answered: string[];
  let outcome: Outcome;
  beforeAll(async () => {
    origin = await places.make(engine);
    world = await startWorld({ store: await origin.open() });
    writers = await startWriters(world);
    await writers.more(10);
    answered = [...writers.created];
    outcome = await metal(`backup ${file}`, origin);
    await writers.more(5);
    await writers.stop();
  });
  afterAll(() => world.close());

  test("a backup is written, and says what is not in it", () => {
    const { code, out, err } = outcome;
    expect([code, err]).toEqual([0, expect.stringContaining("note: not in it: the settings")]);
    expect(out).toMatch(new RegExp(`^wrote ${file}: \\d+ rows of ${origin.place.name}\n$`));
    expect(statSync(join(places.folder, file)).mode & 0o777).toBe(0o600);
    expect(places.files().filter((name) => name.startsWith(file))).toEqual([file]);
  });

  test("it is whole, and its books balance", async () => {
    const { code, out } = await metal(`backup --verify ${file}`, origin);
    expect([code, out]).toEqual([0, expect.stringMatching(/ is whole: .*\nits books balance\n$/)]);
  });

  test("a file that is there is not replaced", async () => {
    const before = statSync(join(places.folder, file));
    const { code, err } = await metal(`backup ${file}`, origin);
    expect([code, err]).toEqual([
      1,
      expect.stringContaining("is there already: name another file"),
    ]);
    expect(statSync(join(places.folder, file))).toMatchObject({
      ino: before.ino,
      mtime: before.mtime,
    });
  });

  test.each(engines)("restored into %s it has what was answered before it", async (target) => {
    const place = await places.make(target);
    expect(await metal(`restore ${file}`, place)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^restored \d+ rows of /),
    });
    const restored = await startWorld({ store: await place.open() });
    expect(await missing(restored.store, answered)).toEqual([]);
    expect(await faultsOf(restored.store)).toEqual([]);
    expect((await asAdmin("doctor", restored)).out).toBe("the books balance\n");
    const seen = await world.store.changes.head();
    const next = restored.store.changes.after(seen, 1);
    await expect(next).rejects.toThrow(`the changes after ${seen} are not remembered any more`);
    const { ip } = await restored.client(IPService, "edit").allocate({ ip: address });
    expect(ip?.id).toMatch(/^203\.0\.113\./);
    await restored.close();
  });

  test("a place with a store is refused, whether a server works there or not", async () => {
    const { code, err } = await metal(`restore ${file}`, origin);
    const reason: Record<EngineName, string> = {
      sqlite: "another server works there: stop it",
      postgres: "servers work there",
    };
    expect([code, err]).toEqual([1, expect.stringContaining(reason[engine])]);
    const idle = await places.make(engine);
    await (await idle.open()).close();
    if (engine === "postgres")
      await expect(metal(`restore ${file}`, idle)).resolves.toMatchObject({ code: 0 });
    expect(await metal(`restore ${file}`, idle)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/is there already|there is a store already/),
    });
  });
});

describe("a backup that cannot be relied on", () => {
  let good: string;
  beforeAll(async () => {
    const origin = await places.make("sqlite");
    const store = await origin.open();
    await insertImages(store, [image("a", { name: "a name that is looked for" })]);
    await store.close();
    good = join(places.folder, "good.sqlite");
    expect(await metal(`backup ${good}`, origin)).toMatchObject({ code: 0 });
  });

  /** The file after a statement of SQL. */
  function changed(name: string, statement: string): string {
    const path = join(places.folder, name);
    copyFileSync(good, path);
    const db = new DatabaseSync(path);
    db.exec(statement);
    db.close();
    return path;
  }

  test.each([
    ["a changed row", "update entity set version = 7", 'the table "entity" is damaged'],
    ["a missing row", "delete from term where field = 'name'", 'the table "term" is damaged'],
    ["a missing table", "drop table tally", 'the table "tally" is damaged'],
    ["no manifest", "drop table backup", "the file is no backup"],
    ["half a manifest", "update backup set manifest = '{}'", "it does not say what is in it"],
    [
      "tables of a newer version",
      "insert into kysely_migration values ('9999_future', '2030-01-01T00:00:00.000Z')",
      'it was written by a newer version, which did "9999_future"',
    ],
  ])("%s: it is told, and nothing is restored", async (name, statement, reason) => {
    const file = changed(`${name.replaceAll(" ", "-")}.sqlite`, statement);
    const target = await places.make("sqlite");
    for (const line of [`backup --verify ${file}`, `restore ${file}`])
      expect(await metal(line, target)).toMatchObject({
        code: 1,
        out: "",
        err: expect.stringContaining(reason),
      });
    expect(existsSync(join(target.address, "metal.sqlite"))).toBe(false);
  });

  test("the books are told from the file: what is wrong with them is found before it is needed", async () => {
    const origin = await places.make("sqlite");
    const store = await origin.open();
    await store.transaction((tx) => tx.freeNumber.takeFirst("vrf"));
    await store.close();
    await metal("backup lost-vrf.sqlite", origin);
    expect(await metal("backup --verify lost-vrf.sqlite", origin)).toMatchObject({
      code: 1,
      out: expect.stringContaining("vrfs: the VRFs: numbers in use or free: 16777213"),
    });
  });
});
