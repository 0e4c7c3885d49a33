// What holds for every kind of entity, whatever it is: one table of kinds, one list of statements.
import { create, type DescService, type MessageShape } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { ImageSchema, ImageService } from "../../gen/metal/v1/image_pb.ts";
import { NetworkSchema, NetworkService } from "../../gen/metal/v1/network_pb.ts";
import { PartitionSchema, PartitionService } from "../../gen/metal/v1/partition_pb.ts";
import { ProjectSchema, ProjectService } from "../../gen/metal/v1/project_pb.ts";
import { SizeSchema, SizeService } from "../../gen/metal/v1/size_pb.ts";
import { TenantSchema, TenantService } from "../../gen/metal/v1/tenant_pb.ts";
import { failure } from "../world/failure.ts";
import { startWorld, type World } from "../world/server.ts";

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

/** What the statements need of an entity, its kind aside. */
interface Seen {
  readonly name: string;
  readonly description: string;
}

/** The methods of a kind, with the entity under a name that all kinds share. */
interface Methods {
  readonly get: (id: string) => Promise<Seen>;
  readonly list: (page?: {
    pageSize?: number;
    pageToken?: string;
    name?: string;
  }) => Promise<[Seen[], string]>;
  readonly create: (id: string, values?: Partial<Seen>) => Promise<Seen>;
  readonly update: (id: string, change: object, paths?: string[]) => Promise<Seen>;
  readonly delete: (id: string) => Promise<Seen>;
}

let prefixCount = 0;
/** Networks must not overlap. */
function nextPrefix(): string {
  prefixCount += 1;
  return `10.${prefixCount >> 8}.${prefixCount & 255}.0/24`;
}

/** A kind: how to build an entity of an id and a version, and how to reach its service. */
const kinds = {
  tenant: {
    service: TenantService,
    plural: "tenants",
    build: (id: string, version?: bigint, more = {}) =>
      create(TenantSchema, { meta: { id, version }, ...more }),
  },
  project: {
    service: ProjectService,
    plural: "projects",
    build: (id: string, version?: bigint, more = {}) =>
      create(ProjectSchema, { meta: { id, version }, ...more }),
  },
  partition: {
    service: PartitionService,
    plural: "partitions",
    build: (id: string, generation?: bigint, more = {}) =>
      create(PartitionSchema, { id, generation, ...more }),
  },
  image: {
    service: ImageService,
    plural: "images",
    build: (id: string, generation?: bigint, more = {}) =>
      create(ImageSchema, {
        id: id === "" ? "" : `${id}-1.0`,
        generation,
        ...(generation === undefined && { url: "https://images.example/a", features: [1] }),
        ...more,
      }),
  },
  network: {
    service: NetworkService,
    plural: "networks",
    build: (id: string, generation?: bigint, more = {}) =>
      create(NetworkSchema, {
        id,
        generation,
        ...(generation === undefined && { prefixes: [nextPrefix()] }),
        ...more,
      }),
  },
  size: {
    service: SizeService,
    plural: "sizes",
    build: (id: string, generation?: bigint, more = {}) =>
      create(SizeSchema, { id, generation, ...more }),
  },
} as const;
type Kind = keyof typeof kinds;

type AnyClient = Readonly<Record<string, (request: object) => Promise<Record<string, unknown>>>>;

function methodsOf(kind: Kind, caller: "admin" | "view" = "admin"): Methods {
  const { service, plural, build } = kinds[kind];
  const client = world.client(service as DescService, caller) as Client<DescService> as AnyClient;
  const ask = async (method: string, request: object) => {
    const answer = await client[method]?.(request);
    return answer?.[kind] as Seen;
  };
  const key = (id: string) => (kind === "image" ? `${id}-1.0` : id);
  return {
    get: (id) => ask("get", { id: key(id) }),
    list: async (page = {}) => {
      const answer = await client["list"]?.(page);
      return [answer?.[plural] as Seen[], answer?.["nextPageToken"] as string];
    },
    create: (id, values) => ask("create", { [kind]: build(id, undefined, values) }),
    update: (id, change, paths = []) => {
      const { version, ...values } = change as { version?: bigint };
      return ask("update", { [kind]: build(id, version, values), updateMask: { paths } });
    },
    delete: (id) => ask("delete", { id: key(id) }),
  };
}

const nounVersion = (kind: Kind) =>
  kind === "tenant" || kind === "project" ? `${kind}.meta.version` : `${kind}.generation`;

describe.each(Object.keys(kinds) as Kind[])("%s", (kind) => {
  const shown = (id: string) => (kind === "image" ? `${id}-1.0` : id);

  test("an id that does not exist is not found, by name", async () => {
    const { get, delete: remove, update } = methodsOf(kind);
    const text = `NotFound: no ${kind} "${shown("nobody")}"`;
    expect(await failure(get("nobody"))).toBe(text);
    expect(await failure(remove("nobody"))).toBe(text);
    expect(await failure(update("nobody", { version: 0n, name: "x" }))).toBe(text);
  });

  test("a taken id is refused, and what is there stays", async () => {
    const { create: make, get } = methodsOf(kind);
    await make("a", { name: "first" });
    expect(await failure(make("a", { name: "second" }))).toMatch(/^AlreadyExists: .*"a/);
    expect((await get("a")).name).toBe("first");
  });

  test("an update of nothing but the version that was read changes no value", async () => {
    const { create: make, update } = methodsOf(kind);
    const before = await make("a", { name: "n", description: "d" });
    const after = await update("a", { version: 0n });
    expect(values(after)).toEqual(values(before));
  });

  test("an update keeps what it does not send and clears what its mask names", async () => {
    const { create: make, update } = methodsOf(kind);
    await make("a", { name: "n", description: "d" });
    expect(await update("a", { version: 0n, name: "m" })).toMatchObject({
      name: "m",
      description: "d",
    });
    const cleared = await update("a", { version: 1n }, ["description"]);
    expect(cleared).toMatchObject({ name: "m", description: "" });
  });

  test("an update of what changed meanwhile is aborted and changes nothing", async () => {
    const { create: make, update, get } = methodsOf(kind);
    await make("a", { name: "n" });
    await update("a", { version: 0n, name: "first" });
    expect(await failure(update("a", { version: 0n, name: "second" }))).toMatch(/^Aborted: /);
    expect(await failure(update("a", { version: 7n, name: "forged" }))).toMatch(/^Aborted: /);
    expect((await get("a")).name).toBe("first");
  });

  test("of two updates at once exactly one wins", async () => {
    const { create: make, update } = methodsOf(kind);
    await make("a");
    const both = ["x", "y"].map((name) => failure(update("a", { version: 0n, name })));
    const outcomes = (await Promise.all(both)).map((text) => text.split(":")[0]);
    expect(outcomes.toSorted((a = "", b = "") => a.localeCompare(b))).toEqual([
      "Aborted",
      "no failure",
    ]);
  });

  test("an update without the version that was read is refused, naming the field", async () => {
    const { create: make, update } = methodsOf(kind);
    await make("a");
    const text = `InvalidArgument: ${nounVersion(kind)}: must be the one that was read`;
    expect(await failure(update("a", { name: "x" }))).toBe(text);
  });

  test("a mask that names no field is refused, naming it", async () => {
    const { create: make, update } = methodsOf(kind);
    await make("a");
    const text = 'InvalidArgument: update_mask: no field "nmae"';
    expect(await failure(update("a", { version: 0n }, ["nmae"]))).toBe(text);
  });

  test("an update is validated as a whole, naming field and reason", async () => {
    const { create: make, update, get } = methodsOf(kind);
    await make("a", { name: "n" });
    const name = "n".repeat(257);
    const refused = await failure(update("a", { version: 0n, name }));
    expect(refused).toMatch(new RegExp(`^InvalidArgument: ${kind}\\.name: .*256`));
    expect((await get("a")).name).toBe("n");
  });

  test("delete returns what was there, and it is gone", async () => {
    const { create: make, delete: remove, get } = methodsOf(kind);
    await make("a", { name: "n" });
    expect((await remove("a")).name).toBe("n");
    expect(await failure(get("a"))).toMatch(/^NotFound/);
  });

  test("a list pages through everything once, by id, also while others are inserted", async () => {
    const { create: make, list, delete: remove } = methodsOf(kind);
    const known = new Set((await list())[0].map(idOf));
    for (const id of ["b", "d", "a", "c", "e"]) await make(id);
    const seen: string[] = [];
    let token = "";
    do {
      const [items, next]: [Seen[], string] = await list({ pageSize: 2, pageToken: token });
      seen.push(...items.map(idOf).filter((id) => !known.has(id)));
      token = next;
      if (seen.length === 2) await make("aa");
    } while (token !== "");
    expect(seen).toEqual(["a", "b", "c", "d", "e"].map(shown));
    await remove("aa");
  });

  test("a filter restricts, and one that nothing fulfils gives an empty list", async () => {
    const { create: make, list } = methodsOf(kind);
    await make("a", { name: "one" });
    await make("b", { name: "two" });
    expect((await list({ name: "two" }))[0].map(idOf)).toEqual([shown("b")]);
    expect(await list({ name: "three" })).toEqual([[], ""]);
  });

  test("a page token is good for its own filter only, and not for what was made up", async () => {
    const { create: make, list } = methodsOf(kind);
    for (const id of ["a", "b"]) await make(id, { name: "n" });
    const [, token] = await list({ pageSize: 1, name: "n" });
    expect(await failure(list({ pageToken: token }))).toBe(
      "InvalidArgument: page_token: belongs to a list with other filters",
    );
    expect(await failure(list({ pageToken: "?" }))).toBe(
      "InvalidArgument: page_token: is not one that a list returned",
    );
  });

  test("a viewer reads and changes nothing", async () => {
    await methodsOf(kind).create("a");
    const viewer = methodsOf(kind, "view");
    expect(await viewer.get("a")).toBeDefined();
    for (const call of [
      () => viewer.create("b"),
      () => viewer.update("a", { version: 0n }),
      () => viewer.delete("a"),
    ])
      expect(await failure(call())).toMatch(
        /^PermissionDenied: .* needs role Admin, you have Viewer$/,
      );
  });
});

function idOf(entity: object): string {
  const { id, meta } = entity as { id?: string; meta?: { id: string } };
  return id ?? meta?.id ?? "";
}

/** Everything but what the server counts. */
function values(entity: object): object {
  const counted = new Set(["meta", "generation", "changed"]);
  const kept = Object.entries(entity).filter(([name]) => !counted.has(name));
  const { meta } = entity as MessageShape<typeof TenantSchema>;
  return { ...Object.fromEntries(kept), labels: meta?.labels };
}
