// Secrets of entities do not lie readable in the database, and their key can be replaced while the server works.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { create, type DescMessage, getOption, ScalarType } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { secret } from "../../gen/metal/rbac/v1/rbac_pb.ts";
import {
  MachineBMCRecordSchema,
  MachineSecretSchema,
} from "../../gen/metal/store/v1/machine_pb.ts";
import { UserSchema } from "../../gen/metal/store/v1/user_pb.ts";
import { secretFields } from "../../src/secrets/fields.ts";
import { createSealer, type Sealer } from "../../src/secrets/sealer.ts";
import { claimSecrets, reseal } from "../../src/services/reseal.ts";
import { newKey, openKey } from "../../src/services/user/key.ts";
import { type Entity, entities, type Kind } from "../../src/store/entities.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import type { Store } from "../../src/store/store.ts";
import { newFolder, removeFoldersAfterAll } from "../store/folder.ts";

removeFoldersAfterAll();

const [old, today] = ["the old key of at least 32 bytes...", "the new key of at least 32 bytes..."];
const marker = "plain-secret-marker";

let folder: string;
let store: Store | undefined;
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => store?.close());

/** Closes the store, and opens it with other keys. */
async function open(sealer?: Sealer): Promise<Store> {
  await store?.close();
  store = await openSqliteStore(folder, { sealer });
  return store;
}

const secrets = {
  consolePassword: `console ${marker}`,
  userData: `user data ${marker} é`,
  vpnAuthKey: `vpn ${marker}`,
};

async function fill(into: Store): Promise<void> {
  await into.transaction(async (tx) => {
    await tx.machineSecret.insert(create(MachineSecretSchema, { id: "m", ...secrets }));
    await tx.machineSecret.insert(create(MachineSecretSchema, { id: "empty" }));
    const bmc = { id: "m", user: "root", password: `bmc ${marker}` };
    await tx.machineBmc.insert(create(MachineBMCRecordSchema, bmc));
  });
}

const bytes = () =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), "latin1"))
    .join("");

async function expectWhole(from: Store): Promise<void> {
  expect(await from.read.machineSecret.get("m")).toMatchObject(secrets);
  expect(await from.read.machineSecret.get("empty")).toMatchObject({ consolePassword: "" });
  expect((await from.read.machineBmc.list({ limit: 9 }))[0]?.password).toBe(`bmc ${marker}`);
}

describe("with a key", () => {
  test("secrets are read as they were written, and their bytes are nowhere", async () => {
    const opened = await open(createSealer(old));
    await fill(opened);
    await expectWhole(opened);
    const written = await opened.transaction(async (tx) => {
      const found = await tx.machineSecret.get("m");
      return found && tx.machineSecret.update(found);
    });
    expect(written).toMatchObject(secrets);
    await expectWhole(opened);
    await opened.close();
    expect(bytes()).not.toContain(marker);
  });

  test("a secret of one entity is of no use in another", async () => {
    await fill(await open(createSealer(old)));
    const raw = await (await open()).read.machineSecret.get("m");
    expect(raw?.consolePassword).toMatch(/^\0sealed:/);
    await store?.transaction((tx) =>
      tx.machineSecret.insert(
        create(MachineSecretSchema, { id: "thief", consolePassword: raw?.consolePassword ?? "" }),
      ),
    );
    const reopened = await open(createSealer(old));
    await expect(reopened.read.machineSecret.get("thief")).rejects.toThrow();
  });
});

describe("a key is replaced", () => {
  test("by opening with both and sealing anew; then the old one is of no use", async () => {
    const opened = await open(createSealer(old));
    await claimSecrets(opened, createSealer(old));
    await fill(opened);
    const key = newKey("u", { sealer: createSealer(old), nowMs: 0, notAfter: undefined });
    await opened.transaction((tx) =>
      tx.user.insert(create(UserSchema, { id: "u", keys: [key.entry] })),
    );

    const both = createSealer(today, [old]);
    const between = await open(both);
    await claimSecrets(between, both);
    await expectWhole(between);
    expect(await reseal(between, both)).toBe(3);
    expect(await reseal(between, both)).toBe(0);

    const alone = createSealer(today);
    const after = await open(alone);
    await claimSecrets(after, alone);
    await expectWhole(after);
    const [entry] = (await after.read.user.get("u"))?.keys ?? [];
    expect(entry && openKey("u", entry, alone)).toBe(key.secret);
    await expect(claimSecrets(after, createSealer(old))).rejects.toThrow("secrets-key");
  });

  test("what was written before there was one is sealed", async () => {
    await fill(await open());
    const opened = await open(createSealer(today));
    await expectWhole(opened);
    expect(await reseal(opened, createSealer(today))).toBe(2);
    await expectWhole(opened);
    expect((await (await open()).read.machineBmc.get("m"))?.password).not.toContain(marker);
  });

  test("what another server still seals with the old key is sealed anew as well", async () => {
    const both = createSealer(today, [old]);
    await reseal(await open(both), both);
    await fill(await open(createSealer(old, [today])));
    const opened = await open(both);
    expect(await reseal(opened, both)).toBe(2);
    await expectWhole(await open(createSealer(today)));
  });
});

describe("a server does not start", () => {
  test("with another key than its store was sealed with, or with none", async () => {
    const opened = await open(createSealer(old));
    await claimSecrets(opened, createSealer(old));
    for (const sealer of [createSealer(today), undefined])
      await expect(claimSecrets(opened, sealer)).rejects.toMatchObject({
        problems: [{ setting: "secrets-key", remedy: expect.stringContaining("secrets.key") }],
      });
    await claimSecrets(opened, createSealer(today, [old]));
    expect((await opened.read.secretMark.get("secrets-key"))?.keyId).toBe(
      createSealer(old).keyIds[0],
    );
  });
});

describe("of the secret fields of what is kept", () => {
  /** Every secret field below a type, by its path; a type is entered once. */
  function paths(schema: DescMessage, above = "", seen: readonly DescMessage[] = []): string[] {
    if (seen.includes(schema)) return [];
    return schema.fields.flatMap((field) => {
      const path = `${above}${field.localName}`;
      if (getOption(field, secret)) return [`${path} ${ScalarType[field.scalar ?? 0]}`];
      return field.message ? paths(field.message, `${path}.`, [...seen, schema]) : [];
    });
  }
  const planned = (fields: ReturnType<typeof secretFields>, above = ""): string[] =>
    fields.flatMap(({ name, within }) =>
      within ? planned(within, `${above}${name}.`) : [`${above}${name} STRING`],
    );

  test.each(Object.keys(entities) as Kind[])("none of a %s is forgotten", (kind) => {
    const { schema }: Entity = entities[kind];
    // Keys of identities are sealed where they are made.
    const all = paths(schema).filter((path) => path !== "keys.sealed BYTES");
    expect(planned(secretFields(schema))).toEqual(all);
  });
});
