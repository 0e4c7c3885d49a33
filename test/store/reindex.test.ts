// A store that an older version wrote is indexed and counted by the terms of this one when it is opened.
import { expect, test } from "@jest/globals";
import { create } from "@bufbuild/protobuf";
import { CompiledQuery } from "kysely";
import { MachineSchema } from "../../gen/metal/v1/machine_pb.ts";
import { openSqlStore } from "../../src/store/sql.ts";
import { openSqliteEngine } from "../../src/store/sqlite-engine.ts";
import { newFolder, removeFoldersAfterAll } from "./folder.ts";

removeFoldersAfterAll();

/** More than a page. */
const machines = 1_001;

const machine = (id: string) =>
  create(MachineSchema, { id, partitionId: "east", tags: [`tag of ${id}`] });

test("a store without terms and counts has them after the migration", async () => {
  const folder = newFolder();
  const engine = openSqliteEngine(folder, "off");
  const old = await openSqlStore({ ...engine, close: async () => {} });
  await old.transaction(async (tx) => {
    for (let at = 0; at < machines; at += 1) await tx.machine.insert(machine(`m${at}`));
    await tx.tally.add("something else", 7);
  });
  await old.close();
  for (const text of [
    "delete from term",
    "delete from tally where name like 'machine %'",
    "delete from kysely_migration where name = '0011_place'",
  ])
    await engine.write.executeQuery(CompiledQuery.raw(text));
  await engine.close();

  const store = await openSqlStore(openSqliteEngine(folder, "off"));
  expect(await store.read.machine.count({ partition: "east" })).toBe(machines);
  const found = await store.read.machine.list({ where: { tag: "tag of m1000" }, limit: 2 });
  expect(found.map(({ id }) => id)).toEqual(["m1000"]);
  expect(await store.read.tally.get("something else")).toBe(7);
  await store.close();
});
