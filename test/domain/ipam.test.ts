// What is handed out, against a model that looks through everything: the same prefixes and addresses in the same order,
// the same refusals, and after each step the books balance.
import { create } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { ConnectError } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type IP, IPSchema } from "../../gen/metal/v1/ip_pb.ts";
import { type Network, NetworkSchema } from "../../gen/metal/v1/network_pb.ts";
import { type Project, ProjectSchema } from "../../gen/metal/v1/project_pb.ts";
import {
  type Address,
  addressText,
  contains,
  type Family,
  hostBits,
  overlap,
  type Prefix,
  parseAddress,
  prefixText,
  readPrefix,
  usableRange,
} from "../../src/domain/cidr.ts";
import { update } from "../../src/domain/entity.ts";
import { allocateIp, freeIp } from "../../src/domain/ip.ts";
import {
  allocateNetwork,
  changePrefixes,
  createNetwork,
  prepareNetwork,
  removeNetwork,
} from "../../src/domain/network-flow.ts";

import type { Store } from "../../src/store/store.ts";
import { faultsOf } from "../world/books.ts";
import { openTestStore } from "../world/store.ts";

const read = (text: string) => readPrefix("prefix", text);

/** All that is handed out, as one would write it on a board. */
class Board {
  readonly networks = new Map<string, { readonly prefixes: Prefix[]; readonly parent: string }>();
  readonly ips = new Map<string, string>();

  /** Free blocks of a prefix of a super network, found by looking at every address. */
  #freeBlocks(whole: Prefix): Prefix[] {
    const carved = this.#all().filter((each) => each.length > whole.length && overlap(whole, each));
    if (carved.length === 0) {
      const taken = this.#all().some(
        (each) => each.length === whole.length && overlap(whole, each),
      );
      return taken && !this.#isTop(whole) ? [] : [whole];
    }
    return halves(whole).flatMap((half) => this.#freeBlocks(half));
  }

  #all = () => [...this.networks.values()].flatMap(({ prefixes }) => prefixes);
  #isTop = (prefix: Prefix) =>
    [...this.networks.values()].some(
      ({ prefixes, parent }) => parent === "" && prefixes.some((each) => same(each, prefix)),
    );

  carve(parent: string, family: Family, length: number): Prefix | undefined {
    for (const prefix of this.#of(parent, family).filter((each) => each.length < length)) {
      const fits = this.#freeBlocks(prefix).filter((block) => block.length <= length);
      const [best] = fits.sort((a, b) => b.length - a.length || Number(a.first - b.first));
      if (best !== undefined) return { ...best, length };
    }
    return undefined;
  }

  next(network: string, family: Family): string | undefined {
    const all = this.#of(network, family).flatMap((prefix) => addressesOf(prefix));
    return all.find((text) => !this.ips.has(text));
  }

  isFree(network: string, text: string): boolean {
    const prefixes = this.networks.get(network)?.prefixes ?? [];
    const usable = prefixes.some((prefix) => addressesOf(prefix).includes(text));
    return usable && !this.ips.has(text);
  }

  isUsed(prefix: Prefix): boolean {
    const held = [...this.ips.keys()].some((text) =>
      contains(prefix, parseAddress(text) as Address),
    );
    return held || this.#all().some((each) => each.length > prefix.length && overlap(prefix, each));
  }

  overlaps(prefix: Prefix): boolean {
    return this.#all().some((each) => overlap(prefix, each));
  }

  #of(network: string, family: Family): Prefix[] {
    const prefixes = this.networks.get(network)?.prefixes ?? [];
    return prefixes.filter((prefix) => prefix.family === family);
  }
}

const same = (a: Prefix, b: Prefix) => prefixText(a) === prefixText(b);

function halves({ family, first, length }: Prefix): Prefix[] {
  const half = { family, first, length: length + 1 };
  return [half, { ...half, first: first + (1n << BigInt(hostBits(half))) }];
}

function addressesOf(prefix: Prefix): string[] {
  const { first, last } = usableRange(prefix);
  return Array.from({ length: Number(last - first) + 1 }, (_, index) =>
    addressText({ family: prefix.family, value: first + BigInt(index) }),
  );
}

/** A store, and the board that should say the same. */
interface Trial {
  readonly store: Store;
  readonly board: Board;
  readonly project: Project;
}

interface Step {
  readonly verb: keyof typeof verbs;
  /** Picks one of what there is. */
  readonly pick: number;
  readonly text: string;
  readonly family: Family;
  readonly lengths: readonly [number, number];
}

const supers = ["super"];
const isSuper = (id: string) => supers.includes(id);

function pickOf<T>(items: readonly T[], pick: number): T | undefined {
  return items[pick % Math.max(items.length, 1)];
}

const leaves = ({ board }: Trial) => [...board.networks.keys()].filter((id) => !isSuper(id));
const children = ({ board }: Trial) =>
  leaves({ board } as Trial).filter((id) => board.networks.get(id)?.parent !== "");

/** What each step does to the store, compared with what the board says, which then learns of it. */
const verbs = {
  async child({ store, board }: Trial, { lengths: [v4, v6], family, pick }: Step) {
    const request = create(NetworkSchema, { projectId: "p", parentNetworkId: "super" });
    const only = pick % 2 === 0 ? family : undefined;
    const asked = (
      [
        ["IPv4", v4],
        ["IPv6", v6],
      ] as const
    ).filter(([each]) => only === undefined || only === each);
    const wish = { length: Object.fromEntries(asked), family: only };
    const done = await attempt(store.transaction((tx) => allocateNetwork(tx, request, wish)));
    const wanted = asked.map(([each, length]) => board.carve("super", each, length));
    const carved = wanted.filter((prefix) => prefix !== undefined);
    const all = carved.length === wanted.length;
    expect(done?.prefixes).toEqual(all ? carved.map(prefixText) : undefined);
    if (done) board.networks.set(done.id, { prefixes: done.prefixes.map(read), parent: "super" });
  },

  async free(trial: Trial, { pick }: Step) {
    const { store, board } = trial;
    const id = pickOf(children(trial), pick);
    if (id === undefined) return;
    const done = await attempt(
      store.transaction(async (tx) => removeNetwork(tx, (await tx.network.get(id)) as Network)),
    );
    const used = (board.networks.get(id)?.prefixes ?? []).some((prefix) => board.isUsed(prefix));
    expect(done === undefined).toBe(used);
    if (done) board.networks.delete(id);
  },

  async next(trial: Trial, { pick, family }: Step) {
    const id = pickOf(leaves(trial), pick) ?? "";
    const has = trial.board.networks.get(id)?.prefixes.some((each) => each.family === family);
    const done = await hold(trial, id, { family, wanted: undefined });
    expect(done?.id).toBe(has ? trial.board.next(id, family) : undefined);
    if (done) trial.board.ips.set(done.id, id);
  },

  async wanted(trial: Trial, { pick, text }: Step) {
    const id = pickOf(leaves(trial), pick) ?? "";
    const done = await hold(trial, id, { family: undefined, wanted: parseAddress(text) });
    expect(done?.id).toBe(trial.board.isFree(id, text) ? text : undefined);
    if (done) trial.board.ips.set(done.id, id);
  },

  async release({ store, board }: Trial, { pick }: Step) {
    const id = pickOf([...board.ips.keys()], pick);
    if (id === undefined) return;
    await store.transaction(async (tx) => freeIp(tx, (await tx.ip.get(id)) as IP));
    board.ips.delete(id);
  },

  async add(trial: Trial, { pick, text, lengths: [v4, v6] }: Step) {
    const { board } = trial;
    const network = pick % 2 === 0 ? "super" : "external";
    const address = parseAddress(text) as Address;
    const length = address.family === "IPv4" ? v4 - 1 : v6 - 1;
    const host = BigInt(hostBits({ ...address, length }));
    const prefix = { ...address, first: (address.value >> host) << host, length };
    const kept = board.networks.get(network)?.prefixes ?? [];
    if (kept.some((each) => same(each, prefix))) return;
    const done = await setPrefixes(trial, network, [...kept, prefix]);
    expect(done === undefined).toBe(board.overlaps(prefix));
    if (done) kept.push(prefix);
  },

  async drop(trial: Trial, { pick }: Step) {
    const { board } = trial;
    const network = pick % 2 === 0 ? "super" : "external";
    const kept = board.networks.get(network)?.prefixes ?? [];
    const index = (pick >> 1) % Math.max(kept.length, 1);
    const prefix = kept[index];
    if (prefix === undefined) return;
    const done = await setPrefixes(trial, network, kept.toSpliced(index, 1));
    expect(done === undefined).toBe(board.isUsed(prefix));
    if (done) kept.splice(index, 1);
  },
} satisfies Record<string, (trial: Trial, step: Step) => Promise<void>>;

/** What came of it; undefined if it was refused. An error that is no refusal fails the test. */
async function attempt<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error: unknown) => {
    if (error instanceof ConnectError) return undefined;
    throw error;
  });
}

function hold(
  { store, project }: Trial,
  id: string,
  wish: { family: Family | undefined; wanted: Address | undefined },
): Promise<IP | undefined> {
  return attempt(
    store.transaction(async (tx) => {
      const network = (await tx.network.get(id)) as Network;
      const ip = create(IPSchema, { networkId: id, projectId: "p" });
      return allocateIp(tx, ip, { network, project, wish });
    }),
  );
}

/** As an update of the network does it. */
function setPrefixes(
  { store }: Trial,
  id: string,
  prefixes: readonly Prefix[],
): Promise<Network | undefined> {
  return attempt(
    store.transaction(async (tx) => {
      const before = (await tx.network.get(id)) as Network;
      const sent = { ...before, prefixes: prefixes.map(prefixText) };
      const mask = create(FieldMaskSchema, { paths: ["prefixes"] });
      const after = await update(tx.network, "network", { sent, mask });
      await changePrefixes(tx, before.prefixes, after);
      return after;
    }),
  );
}

async function begin(): Promise<Trial> {
  const [store, board] = [await openTestStore(), new Board()];
  const project = create(ProjectSchema, { meta: { id: "p" } });
  const networks = [
    create(NetworkSchema, {
      id: "super",
      privateSuper: true,
      prefixes: ["10.0.0.0/28", "2001:db8::/124"],
      defaultChildPrefixLength: { IPv4: 30, IPv6: 126 },
    }),
    create(NetworkSchema, { id: "external", prefixes: ["10.0.0.32/29", "2001:db8::20/125"] }),
  ];
  await store.transaction(async (tx) => {
    await tx.project.insert(project);
    for (const network of networks) {
      prepareNetwork(network);
      await createNetwork(tx, network);
      board.networks.set(network.id, { prefixes: network.prefixes.map(read), parent: "" });
    }
  });
  return { store, board, project };
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    verb: fc.constantFrom(...(Object.keys(verbs) as (keyof typeof verbs)[])),
    pick: fc.nat({ max: 63 }),
    text: fc
      .tuple(fc.boolean(), fc.nat({ max: 63 }))
      .map(([v4, n]) =>
        addressText(
          v4
            ? { family: "IPv4", value: 0x0a000000n + BigInt(n) }
            : { family: "IPv6", value: (0x20010db8n << 96n) + BigInt(n) },
        ),
      ),
    family: fc.constantFrom<Family>("IPv4", "IPv6"),
    lengths: fc.tuple(fc.integer({ min: 29, max: 32 }), fc.integer({ min: 125, max: 128 })),
  }),
  { minLength: 5, maxLength: 30 },
);

test("any sequence of steps hands out what looking through everything would, and the books balance", async () => {
  const property = fc.asyncProperty(steps, async (sequence) => {
    const trial = await begin();
    try {
      for (const step of sequence) {
        await verbs[step.verb](trial, step);
        expect(await faultsOf(trial.store)).toEqual([]);
      }
    } finally {
      await trial.store.close();
    }
  });
  await fc.assert(property, { numRuns: 60 });
}, 120_000);
