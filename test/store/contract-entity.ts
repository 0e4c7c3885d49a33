// The contract of readers and writers about one entity.
import { clone, equals } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import { ImageSchema } from "../../gen/metal/v1/image_pb.ts";
import { entities, type Kind } from "../../src/store/entities.ts";
import type { Opened } from "./contract.ts";
import { image, insertImages, project, sample } from "./sample.ts";

const kinds = Object.keys(entities) as Kind[];

export function entityContract(opened: () => Opened): void {
  aboutAllKinds(opened);
  aboutStamps(opened);
  aboutRefusals(opened);
  aboutIds(opened);
  aboutOwnership(opened);
}

function aboutAllKinds(opened: () => Opened): void {
  test.each(kinds)("%s: what is written is read, and gone when it is deleted", async (kind) => {
    // To the types every kind is an image here: the test does the same with each.
    await readAsWritten(opened(), kind as "image");
  });

  test("kinds do not mix", async () => {
    const { store } = opened();
    await store.transaction(async (tx) => {
      await tx.image.insert(sample("image", "x"));
      await tx.size.insert(sample("size", "x"));
      await tx.image.delete("x");
    });
    expect(await store.read.image.get("x")).toBeUndefined();
    expect(await store.read.size.get("x")).toMatchObject({ id: "x", name: "a name" });
    expect(await store.read.partition.get("x")).toBeUndefined();
  });
}

async function readAsWritten({ store, clock }: Opened, kind: "image"): Promise<void> {
  const { schema, stampOf, setStamp } = entities[kind];
  const written = sample(kind, "x");
  const inserted = await store.transaction((tx) => tx[kind].insert(written));
  const time = timestampFromMs(clock.ms);
  const stamp = { id: "x", version: 0n, created: time, changed: time };
  setStamp(written, stamp);
  const read = [inserted, await store.read[kind].get("x")];
  for (const message of [...read, ...(await store.read[kind].list({ limit: 2 }))]) {
    expect(message && stampOf(message)).toEqual(stamp);
    expect(message && equals(schema, message, written)).toBe(true);
  }
  await store.transaction((tx) => tx[kind].delete("x"));
  expect(await store.read[kind].get("x")).toBeUndefined();
  expect(await store.read[kind].count({})).toBe(0);
}

function aboutStamps(opened: () => Opened): void {
  test("an insert sets version 0 and both times, to the millisecond, whatever the entity says", async () => {
    const { store, clock } = opened();
    const sent = image("a", { generation: 7n, created: timestampFromMs(1) });
    const stored = await store.transaction((tx) => tx.image.insert(sent));
    const time = timestampFromMs(clock.ms);
    expect(stored).toMatchObject({ generation: 0n, created: time, changed: time });
    expect(await store.read.image.get("a")).toEqual(stored);
    expect(time.nanos).toBe(123_000_000);
  });

  test("an update adds one to the version, sets the time of change and keeps that of creation", async () => {
    const { store, clock } = opened();
    const created = timestampFromMs(clock.ms);
    const first = await store.transaction((tx) => tx.image.insert(image("a", { name: "old" })));
    clock.ms += 1;
    const sent = { ...first, name: "new", created: timestampFromMs(1) };
    const second = await store.transaction((tx) => tx.image.update(sent));
    const changed = timestampFromMs(clock.ms);
    expect(second).toMatchObject({ name: "new", generation: 1n, created, changed });
    expect(await store.read.image.get("a")).toEqual(second);
    const third = await store.transaction((tx) => tx.image.update(second));
    expect(third.generation).toBe(2n);
  });

  test("an update in masterdata keeps version and times in the meta, beside what is there", async () => {
    const { store, clock } = opened();
    const first = await store.transaction((tx) => tx.project.insert(project("p")));
    clock.ms += 1000;
    const second = await store.transaction((tx) => tx.project.update(first));
    expect(second.meta).toMatchObject({
      id: "p",
      kind: "a kind",
      version: 1n,
      labels: ["a labels"],
      annotations: { annotations: "a annotations" },
      createdTime: first.meta?.createdTime,
      updatedTime: timestampFromMs(clock.ms),
    });
  });
}

function aboutRefusals(opened: () => Opened): void {
  test("an insert refuses a taken id and leaves the entity as it is", async () => {
    const { store } = opened();
    await insertImages(store, [image("a", { name: "first" })]);
    const second = store.transaction((tx) => tx.image.insert(image("a", { name: "second" })));
    await expect(second).rejects.toMatchObject({
      code: Code.AlreadyExists,
      rawMessage: 'image "a" exists',
    });
    expect(await store.read.image.get("a")).toMatchObject({ name: "first" });
    expect(await store.read.image.count({ name: "second" })).toBe(0);
  });

  test("an insert refuses an empty id", async () => {
    const { store } = opened();
    const insert = store.transaction((tx) => tx.image.insert(image("")));
    await expect(insert).rejects.toMatchObject({ code: Code.InvalidArgument });
  });

  test("an update refuses what is not the stored version, and says both", async () => {
    const { store } = opened();
    const read = await store.transaction((tx) => tx.image.insert(image("a")));
    await store.transaction((tx) => tx.image.update(read));
    for (const generation of [0n, 2n, 2n ** 62n]) {
      const update = store.transaction((tx) => tx.image.update({ ...read, generation }));
      await expect(update).rejects.toMatchObject({
        code: Code.Aborted,
        rawMessage: `image "a" changed since it was read: version 1, not ${generation}`,
      });
    }
    expect(await store.read.image.get("a")).toMatchObject({ generation: 1n });
  });

  test("an update refuses an entity that was never read", async () => {
    const { store } = opened();
    await insertImages(store, [image("a")]);
    const update = store.transaction((tx) => tx.image.update(image("a", { name: "new" })));
    await expect(update).rejects.toMatchObject({
      code: Code.InvalidArgument,
      rawMessage: expect.stringContaining("generation"),
    });
  });

  test("an update and a deletion refuse what does not exist", async () => {
    const { store } = opened();
    const gone = { code: Code.NotFound, rawMessage: 'no size reservation "a"' };
    const update = store.transaction((tx) => {
      const never = { ...sample("sizeReservation", "a"), generation: 0n };
      return tx.sizeReservation.update(never);
    });
    await expect(update).rejects.toMatchObject(gone);
    const removal = store.transaction((tx) => tx.sizeReservation.delete("a"));
    await expect(removal).rejects.toMatchObject(gone);
  });

  test("an id that was deleted can be taken again, from version 0", async () => {
    const { store } = opened();
    const first = await store.transaction((tx) => tx.image.insert(image("a")));
    await store.transaction((tx) => tx.image.update(first));
    await store.transaction((tx) => tx.image.delete("a"));
    const again = await store.transaction((tx) => tx.image.insert(image("a")));
    expect(again.generation).toBe(0n);
  });
}

function aboutIds(opened: () => Opened): void {
  const ids = [
    "a",
    "A",
    "a ",
    "á",
    "á".normalize("NFD"),
    "%",
    "_",
    "'",
    '"',
    "\\",
    "1",
    "01",
    "1.0",
  ];

  test("ids are what they are: case, blanks, accents and digits count, signs mean nothing", async () => {
    const { store } = opened();
    await insertImages(
      store,
      ids.map((id) => image(id, { name: `named ${id}` })),
    );
    for (const id of ids) {
      expect(await store.read.image.get(id)).toMatchObject({ id, name: `named ${id}` });
      expect(await store.read.image.count({ name: `named ${id}` })).toBe(1);
    }
    expect(await store.read.image.count({})).toBe(ids.length);
    expect(await store.read.image.get("B")).toBeUndefined();
    expect(await store.read.image.get("")).toBeUndefined();
  });
}

function aboutOwnership(opened: () => Opened): void {
  test("what was given and what was returned belong to the caller", async () => {
    const { store } = opened();
    const given = image("a", { name: "kept", features: [1] });
    const before = clone(ImageSchema, given);
    const returned = await store.transaction((tx) => tx.image.insert(given));
    expect(given).toEqual(before);
    for (const own of [given, returned, await store.read.image.get("a")]) {
      own?.features.push(2);
      if (own !== undefined) own.name = "changed by the caller";
    }
    expect(await store.read.image.get("a")).toMatchObject({ name: "kept", features: [1] });
  });

  test("an update does not change its argument", async () => {
    const { store } = opened();
    const stored = await store.transaction((tx) => tx.project.insert(project("p")));
    const before = structuredClone(stored);
    await store.transaction((tx) => tx.project.update(stored));
    expect(stored).toEqual(before);
  });
}
