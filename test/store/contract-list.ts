// The contract of lists and counts: filters, order and pages.
import { expect, test } from "@jest/globals";
import { create } from "@bufbuild/protobuf";
import { MachineSchema } from "../../gen/metal/v1/machine_pb.ts";
import { inAnyRack, inRack, placeOf } from "../../src/store/machine-place.ts";
import type { Counted, Filter } from "../../src/store/store.ts";
import { indexed } from "../../src/store/term.ts";
import type { Opened } from "./contract.ts";
import { idsOf, image, insertImages, partition, project, reservation } from "./sample.ts";

export function listContract(opened: () => Opened): void {
  aboutFilters(opened);
  aboutValues(opened);
  aboutOrder(opened);
  aboutPages(opened);
  aboutCountedFields(opened);
}

const images = [
  image("a", { name: "one", os: "ubuntu", version: "22.4", classification: 1, features: [1] }),
  image("b", { name: "two", os: "ubuntu", version: "24.4", classification: 2, features: [1, 2] }),
  image("c", { name: "two", os: "debian", version: "12", classification: 2, features: [2] }),
  image("d"),
];

const filters: readonly (readonly [where: Filter<"image">, ids: string])[] = [
  [{}, "abcd"],
  [{ name: "", os: [], id: "", feature: [""], version: undefined }, "abcd"],
  [{ id: "b" }, "b"],
  [{ id: "z" }, ""],
  [{ id: ["b", "b", ""] }, "b"],
  [{ id: ["a", "b"] }, ""],
  [{ name: "two" }, "bc"],
  [{ name: "Two" }, ""],
  [{ name: "tw" }, ""],
  [{ name: "two", os: "ubuntu" }, "b"],
  [{ os: "two", name: "ubuntu" }, ""],
  [{ feature: "1" }, "ab"],
  [{ feature: ["1", "2"] }, "b"],
  [{ feature: ["2", "2", ""] }, "bc"],
  [{ feature: ["1", "3"] }, ""],
  [{ classification: "2", feature: ["1", "2"], os: "ubuntu", version: "24.4", name: "two" }, "b"],
  [{ id: "b", name: "two", feature: ["1"] }, "b"],
  [{ id: "a", name: "two" }, ""],
  [{ name: "" }, "abcd"],
];

function aboutFilters(opened: () => Opened): void {
  test.each(filters)("the filter %j lets through %j", async (where, ids) => {
    const { store } = opened();
    await insertImages(store, images);
    expect(idsOf(await store.read.image.list({ where, limit: 10 })).join("")).toBe(ids);
    expect(await store.read.image.count(where)).toBe(ids.length);
    const afterB = await store.read.image.list({ where, after: "b", limit: 1 });
    expect(idsOf(afterB)).toEqual(
      Array.from(ids)
        .filter((id) => id > "b")
        .slice(0, 1),
    );
  });

  test("an entity is found by its new values after an update, and by none after its deletion", async () => {
    const { store } = opened();
    const old = image("a", { name: "old", features: [1, 2] });
    const read = await store.transaction((tx) => tx.image.insert(old));
    await store.transaction((tx) => tx.image.update({ ...read, name: "new", features: [2] }));
    const counts = () =>
      Promise.all(
        [{ name: "old" }, { feature: "1" }, { name: "new" }, { feature: "2" }].map((where) =>
          store.read.image.count(where),
        ),
      );
    expect(await counts()).toEqual([0, 0, 1, 1]);
    await store.transaction((tx) => tx.image.delete("a"));
    expect(await counts()).toEqual([0, 0, 0, 0]);
  });

  test("values of one kind do not find entities of another", async () => {
    const { store } = opened();
    await store.transaction(async (tx) => {
      await tx.partition.insert(partition("x", { name: "same" }));
      await tx.project.insert(project("y", { name: "same", tenantId: "t" }));
      await tx.sizeReservation.insert(reservation("z", { partitionIds: ["p1", "p2"] }));
    });
    expect(await store.read.partition.count({ name: "same" })).toBe(1);
    expect(
      await store.read.project.count({ tenant: "t", annotation: "annotations=a annotations" }),
    ).toBe(1);
    expect(await store.read.size.count({ name: "same" })).toBe(0);
    expect(await store.read.sizeReservation.count({ partition: ["p2", "p1"] })).toBe(1);
  });
}

const long = "x".repeat(5000);
const awkward = [
  long,
  `${long}y`,
  "nul\0",
  "nul",
  "sha256:",
  "sha256:x",
  "é",
  "e",
  "'",
  "😀",
  "a=b=c",
];

function aboutValues(opened: () => Opened): void {
  test("long and awkward values are found exactly", async () => {
    const { store } = opened();
    await store.transaction(async (tx) => {
      for (const [index, value] of awkward.entries()) {
        await tx.partition.insert(partition(`p${index}`, { labels: { key: value } }));
      }
    });
    for (const [index, value] of awkward.entries()) {
      const found = await store.read.partition.list({ where: { label: `key=${value}` }, limit: 9 });
      expect(found.map(({ id }) => id)).toEqual([`p${index}`]);
    }
    expect(await store.read.partition.count({ label: "key=" })).toBe(0);
  });

  test("no value finds what another value is kept as", async () => {
    const { store } = opened();
    await insertImages(store, [image("a", { name: long }), image("b", { name: "plain" })]);
    expect(await store.read.image.count({ name: long })).toBe(1);
    expect(indexed(long)).not.toBe(long);
    expect(await store.read.image.count({ name: indexed(long) })).toBe(0);
  });

  test("a value that is no Unicode does not find what it would turn into", async () => {
    const { store } = opened();
    await store.transaction((tx) => tx.partition.insert(partition("p", { name: "a\ufffd" })));
    expect(await store.read.partition.count({ name: "a\ufffd" })).toBe(1);
    expect(await store.read.partition.count({ name: "a\ud800" })).toBe(0);
  });
}

const ordered = ["-", ".", "0", "10", "9", "A", "B", "Z", "_", "a", "a-b", "a.b", "a0", "aB", "ab"];
const beyond = ["z", "~", "é", "ｚ", "😀"];

function aboutOrder(opened: () => Opened): void {
  test("lists are ordered by id, byte by byte", async () => {
    const { store } = opened();
    const ids = [...ordered, ...beyond];
    expect(ids).toEqual(ids.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    await insertImages(
      store,
      ids.toReversed().map((id) => image(id, { os: "one" })),
    );
    for (const where of [{}, { os: "one" }]) {
      expect(idsOf(await store.read.image.list({ where, limit: 100 }))).toEqual(ids);
      for (const [index, after] of ids.entries()) {
        const rest = await store.read.image.list({ where, after, limit: 100 });
        expect(idsOf(rest)).toEqual(ids.slice(index + 1));
      }
    }
  });

  test("after is a place, not an entity", async () => {
    const { store } = opened();
    await insertImages(store, [image("a"), image("c")]);
    expect(idsOf(await store.read.image.list({ after: "b", limit: 9 }))).toEqual(["c"]);
  });

  test.each([0, -1, 1.5, Number.NaN])("a limit of %d is an error", async (limit) => {
    const { store } = opened();
    await expect(store.read.image.list({ limit })).rejects.toThrow("limit");
    await expect(store.read.audit.list({ where: {}, limit })).rejects.toThrow("limit");
  });
}

const numbered = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, n) => image(`${prefix}${1000 + n}`, { os: "paged" }));

function aboutPages(opened: () => Opened): void {
  test.each([{}, { os: "paged" }])(
    "pages %j lose and repeat nothing, whatever is inserted",
    async (where) => {
      const { store } = opened();
      const before = numbered("m", 250);
      await insertImages(store, before);
      const seen: string[] = [];
      for (let round = 0; ; round += 1) {
        const after = seen.at(-1) ?? "";
        const page = await store.read.image.list({ where, after, limit: 17 });
        if (page.length === 0) break;
        seen.push(...idsOf(page));
        // One that belongs before what was seen, one that is still to come.
        const more = [
          image(`a${round}`, { os: "paged" }),
          image(`z${1000 + round}`, { os: "paged" }),
        ];
        if (round < 10) await insertImages(store, more);
      }
      expect(seen.slice(0, 250)).toEqual(idsOf(before));
      expect(seen.slice(250)).toEqual(idsOf(numbered("z", 10)));
    },
  );
}

/** A machine in its place: free if it waits, of a project if there is one. */
function placed(id: string, values: { rackId?: string; projectId?: string; waiting?: boolean }) {
  const { rackId = "r1", projectId, waiting = false } = values;
  const allocation = projectId === undefined ? undefined : { projectId, placementTags: ["db"] };
  const place = { partitionId: "east", sizeId: "large", rackId };
  return create(MachineSchema, { id, ...place, waiting, ...(allocation && { allocation }) });
}

const place = placeOf({ partitionId: "east", sizeId: "large" });
const held = (project: string) => placeOf({ partitionId: "east", sizeId: "large" }, project);

function aboutCountedFields(opened: () => Opened): void {
  test("entities are counted by their values as they come, change and go", async () => {
    const { store } = opened();
    const { machine } = store.read;
    const figures = async () => [
      await machine.count({ free: place }),
      ...(await machine.counts("held", [held("p"), held("q"), held("nobody")])),
      await machine.count({ project: "p" }),
    ];
    const [a] = await store.transaction(async (tx) => [
      await tx.machine.insert(placed("a", { waiting: true })),
      await tx.machine.insert(placed("b", { projectId: "p" })),
      await tx.machine.insert(placed("c", { projectId: "p" })),
    ]);
    expect(await figures()).toEqual([1, 2, 0, 0, 2]);
    await store.transaction(async (tx) => {
      await tx.machine.update({ ...placed("a", { projectId: "q" }), generation: a?.generation });
      await tx.machine.delete("b");
    });
    expect(await figures()).toEqual([0, 1, 1, 0, 1]);
  });

  test("what a transaction takes back is not counted", async () => {
    const { store } = opened();
    const work = store.transaction(async (tx) => {
      await tx.machine.insert(placed("a", { waiting: true }));
      expect(await tx.machine.count({ free: place })).toBe(1);
      throw new Error("taken back");
    });
    await expect(work).rejects.toThrow("taken back");
    expect(await store.read.machine.count({ free: place })).toBe(0);
  });

  test("the values that begin with a text are listed in pages, with their counts", async () => {
    const { store } = opened();
    const racks = ["r1", "r2", "r2", "r3", "r10", ""];
    await store.transaction(async (tx) => {
      for (const [index, rackId] of racks.entries())
        await tx.machine.insert(placed(`m${index}`, { rackId, waiting: true }));
    });
    const list = (after?: string, limit = 10) =>
      store.read.machine.values("freeIn", {
        prefix: inAnyRack(place),
        limit,
        ...(after !== undefined && { after: inRack(place, after) }),
      });
    const shown = (found: readonly Counted[]) =>
      found.map(({ value, count }) => `${value.slice(inAnyRack(place).length)}:${count}`);
    expect(shown(await list())).toEqual([":1", "r1:1", "r10:1", "r2:2", "r3:1"]);
    expect(shown(await list(undefined, 2))).toEqual([":1", "r1:1"]);
    expect(shown(await list("r1", 2))).toEqual(["r10:1", "r2:2"]);
    expect(shown(await list("r3"))).toEqual([]);
  });

  test("a field that is not counted has no counts", async () => {
    const { machine } = opened().store.read;
    await expect(machine.counts("hostname", ["a"])).rejects.toThrow("not counted");
    await expect(machine.values("hostname", { prefix: "", limit: 1 })).rejects.toThrow(
      "not counted",
    );
  });
}
