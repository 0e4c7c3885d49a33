// The contract of prefixes and tallies.
import { expect, test } from "@jest/globals";
import type { KeptPrefix, NumberRange } from "../../src/store/pools.ts";
import type { Opened } from "./contract.ts";
import { highest, range } from "./contract-number.ts";

export function prefixContract(opened: () => Opened): void {
  aboutPrefixes(opened);
  aboutOverlaps(opened);
}

const prefix = (cidr: string, values: Partial<KeptPrefix> = {}): KeptPrefix => ({
  cidr,
  family: "IPv4",
  first: 0n,
  last: 255n,
  network: "n",
  parent: "",
  addresses: 0,
  children: 0,
  quads: 0n,
  ...values,
});

const full = prefix("a", {
  family: "IPv6",
  first: 1n << 127n,
  last: highest,
  network: "net",
  parent: "up",
  addresses: 2 ** 40,
  children: 3,
  quads: 1n << 126n,
});

function aboutPrefixes(opened: () => Opened): void {
  test("a prefix is kept exactly, changed in what is used of it, and forgotten", async () => {
    const { store } = opened();
    await store.transaction((tx) => tx.prefix.insert(full));
    expect(await store.read.prefix.get("a")).toEqual(full);
    const used = { ...full, addresses: 0, children: 1, quads: 0n };
    await store.transaction((tx) => tx.prefix.update({ ...used, network: "other", parent: "" }));
    expect(await store.read.prefix.get("a")).toEqual(used);
    await store.transaction((tx) => tx.prefix.delete("a"));
    expect(await store.read.prefix.get("a")).toBeUndefined();
  });

  test("one that is there is not inserted, one that is not is neither changed nor deleted", async () => {
    const { store } = opened();
    await store.transaction((tx) => tx.prefix.insert(full));
    await expect(store.transaction((tx) => tx.prefix.insert(prefix("a")))).rejects.toThrow();
    const missing = 'there is no prefix "b"';
    await expect(store.transaction((tx) => tx.prefix.update(prefix("b")))).rejects.toThrow(missing);
    await expect(store.transaction((tx) => tx.prefix.delete("b"))).rejects.toThrow(missing);
    expect(await store.read.prefix.get("a")).toEqual(full);
  });

  test("addresses are counted up and down, and of nothing else anything changes", async () => {
    const { store } = opened();
    await store.transaction(async (tx) => {
      await tx.prefix.insert(full);
      await tx.prefix.insert(prefix("b"));
      await tx.prefix.addAddresses("b", 3);
      await tx.prefix.addAddresses("b", -1);
      expect(await tx.prefix.get("b")).toEqual(prefix("b", { addresses: 2 }));
    });
    expect(await store.read.prefix.get("a")).toEqual(full);
    const missing = store.transaction(async (tx) => {
      await tx.prefix.addAddresses("b", 1);
      await tx.prefix.addAddresses("c", 1);
    });
    await expect(missing).rejects.toThrow('there is no prefix "c"');
    expect(await store.read.prefix.get("b")).toEqual(prefix("b", { addresses: 2 }));
  });

  test("the prefixes of networks are found together, by family and number", async () => {
    const { store } = opened();
    await store.transaction(async (tx) => {
      await tx.prefix.insert(prefix("6", { family: "IPv6", network: "b" }));
      await tx.prefix.insert(prefix("9", { first: 9n, network: "a" }));
      await tx.prefix.insert(prefix("4", { first: 4n, network: "c" }));
      await tx.prefix.insert(prefix("5", { first: 5n, network: "a" }));
    });
    const of = async (...networks: string[]) =>
      (await store.read.prefix.ofNetworks(networks)).map(({ cidr }) => cidr).join("");
    expect(await of("a", "b", "z")).toBe("596");
    expect(await of("a", "b", "c", "x", "y")).toBe("4596");
    expect(await of("c")).toBe("4");
    expect(await of()).toBe("");
  });
}

const stretches: readonly (readonly [string, NumberRange, string | undefined])[] = [
  ["before all", range(0, 9), undefined],
  ["touching the first", range(0, 10), "a"],
  ["within", range(12, 13), "a"],
  ["around", range(5, 25), "a"],
  ["around both", range(5, 45), "b"],
  ["between", range(20, 29), undefined],
  ["the end of the first", range(19, 29), "a"],
  ["the second alone", range(30, 30), "b"],
  ["after all", range(40, 50), undefined],
];

function aboutOverlaps(opened: () => Opened): void {
  test.each(stretches)(
    "the prefix that a stretch overlaps is found: %s",
    async (_, wanted, cidr) => {
      const { store } = opened();
      await store.transaction(async (tx) => {
        await tx.prefix.insert(prefix("a", range(10, 19)));
        await tx.prefix.insert(prefix("b", range(30, 39)));
        await tx.prefix.insert(prefix("c", { ...range(0, 99), family: "IPv6" }));
        await tx.prefix.insert(prefix("d", { ...range(0, 99), parent: "e" }));
      });
      const stretch = { ...wanted, family: "IPv4", parent: "" };
      expect((await store.read.prefix.overlapping(stretch))?.cidr).toBe(cidr);
    },
  );
}

export function tallyContract(opened: () => Opened): void {
  test("a tally adds up, is 0 where nothing was counted, and never negative", async () => {
    const { store } = opened();
    const counts = await store.transaction(async ({ tally }) => [
      await tally.add("a", 2),
      await tally.add("b", 1),
      await tally.add("a", 3),
      await tally.add("a", -5),
    ]);
    expect(counts).toEqual([2, 1, 5, 0]);
    const { tally } = store.read;
    expect(await Promise.all(["a", "b", "c"].map((name) => tally.get(name)))).toEqual([0, 1, 0]);
    const below = store.transaction((tx) => tx.tally.add("b", -2));
    await expect(below).rejects.toThrow('the tally "b" would be -1');
    expect(await tally.get("b")).toBe(1);
  });
}
