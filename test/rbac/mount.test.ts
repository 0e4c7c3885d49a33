// What may not be mounted: every way around the table is found at the start, and all of them are listed at once.
import { type ConnectRouter, createConnectRouter } from "@connectrpc/connect";
import { describe, expect, test } from "@jest/globals";
import { LibraryService } from "../../examples/own-server/gen/library/v1/library_pb.ts";
import { rules } from "../../examples/own-server/gen/rbac/rules.ts";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import { guardRoutes, MountError, type Routes } from "../../src/rbac/mount.ts";
import { Role } from "../../src/rbac/role.ts";
import type { Procedure, Rule, RuleTable } from "../../src/rbac/rule.ts";
import { createRuleTable } from "../../src/rbac/table.ts";
import { implementation, start, verdict } from "./library.ts";

const table: RuleTable = rules;
const library: Routes = (router) => void router.service(LibraryService, implementation);

/** What is wrong with mounting these routes under this table. */
function problems(routes: Routes, under: RuleTable = table): readonly string[] {
  try {
    guardRoutes(under, routes)(createConnectRouter());
    return [];
  } catch (error) {
    if (error instanceof MountError) return error.problems;
    throw error;
  }
}

const named = (name: string, text: string) => `library.v1.LibraryService/${name}: ${text}`;
const forAll = (text: string) => LibraryService.methods.map(({ name }) => named(name, text));

/** The table with another rule for one RPC of the library. */
function changed(name: string, facts: Partial<Rule>): RuleTable {
  const procedure: Procedure = `/library.v1.LibraryService/${name}`;
  const rule = table[procedure] as Rule;
  return createRuleTable({ ...table, [procedure]: { ...rule, ...facts } });
}

test("a service that agrees with the table is mounted", () => {
  expect(problems(library)).toEqual([]);
  expect(problems((router) => void router.rpc(LibraryService.method.lend, () => ({})))).toEqual([]);
});

test("a service without rules is not", () => {
  const text = "has no rule in the table; state min_role and run buf generate";
  expect(problems(library, createRuleTable({}))).toEqual(forAll(text));
});

describe("options of a service's own", () => {
  const text =
    "mounted with options of its own; they would replace the gate and the interceptors of the router";
  const options: readonly NonNullable<Parameters<ConnectRouter["service"]>[2]>[] = [
    { interceptors: [] },
    { interceptors: undefined },
    { requestGate: undefined },
    { requestGate: () => {} },
    { readMaxBytes: 1024 },
    { grpc: false, grpcWeb: false, connect: false } as object,
    {},
  ];

  test.each(options)("%j are refused", (own) => {
    expect(problems((r) => void r.service(LibraryService, implementation, own))).toEqual(
      forAll(text),
    );
    const lend = (router: ConnectRouter) =>
      void router.rpc(LibraryService.method.lend, () => ({}), own);
    expect(problems(lend)).toEqual([named("Lend", text)]);
  });
});

test("a service that is mounted twice is refused", () => {
  const text = "mounted twice; the last one would win";
  expect(problems((router) => [library(router), library(router)])).toEqual(forAll(text));
  const again = (router: ConnectRouter) =>
    void router.service(LibraryService, {}).rpc(LibraryService.method.lend, () => ({}));
  expect(problems(again)).toEqual([named("Lend", text)]);
});

describe("mounting past the guard", () => {
  const text = "mounted past the guard";
  const mountRaw = (mount: (raw: ConnectRouter) => void, routes: Routes = () => {}) => {
    const raw = createConnectRouter();
    try {
      guardRoutes(table, (router) => [routes(router), mount(raw)])(raw);
      return [];
    } catch (error) {
      return (error as MountError).problems;
    }
  };

  test("with the router itself is found", () => {
    expect(mountRaw(library)).toEqual(forAll(text));
  });

  test("is found behind a guarded service of the same name", () => {
    expect(mountRaw(library, library)).toEqual(forAll(text));
  });

  test("is found for a single RPC", () => {
    const lend = (raw: ConnectRouter) => void raw.rpc(LibraryService.method.lend, () => ({}));
    expect(mountRaw(lend)).toEqual([named("Lend", text)]);
  });

  test("is found when it happened before", () => {
    const raw = createConnectRouter();
    library(raw);
    expect(() => guardRoutes(table, () => {})(raw)).toThrow(MountError);
  });
});

test("everything that is wrong is listed at once, and each thing once", () => {
  const under = changed("Lend", { minRole: Role.VIEWER, kind: "bidi_streaming" });
  const raw = createConnectRouter();
  const routes = guardRoutes(under, (router) => {
    router.service(LibraryService, implementation);
    router.rpc(LibraryService.method.lend, () => ({}), {});
    router.rpc(Health.method.check, () => ({}));
    raw.rpc(Health.method.list, () => ({}));
  });
  expect(() => routes(raw)).toThrow(
    `\
services cannot be mounted:
  library.v1.LibraryService/Lend: kind is "unary" in the mounted descriptor, "bidi_streaming" in the table; run buf generate
  library.v1.LibraryService/Lend: minRole is Editor in the mounted descriptor, Viewer in the table; run buf generate
  library.v1.LibraryService/Lend: mounted twice; the last one would win
  library.v1.LibraryService/Lend: mounted with options of its own; they would replace the gate and the interceptors of the router
  grpc.health.v1.Health/Check: has no rule in the table; state min_role and run buf generate
  grpc.health.v1.Health/List: mounted past the guard`,
  );
});

describe("what is mounted", () => {
  test("keeps its own this", async () => {
    class Desk {
      readonly #title = "found";
      search() {
        return { books: [{ title: this.#title }] };
      }
    }
    const server = await start({
      routes: (router) => void router.service(LibraryService, new Desk()),
    });
    const { books } = await server.client().search({});
    expect(books).toMatchObject([{ title: "found" }]);
    await server.close();
  });

  test("answers unimplemented where nothing is implemented, after the gate", async () => {
    const odd = { lend: "no function" } as object;
    const server = await start({
      routes: (router) => void router.service(LibraryService, odd),
    });
    const lend = (caller?: string) => verdict(server.client("grpc", caller).lend({}));
    expect(await lend()).toBe("Unauthenticated NO_CREDENTIAL");
    expect(await lend("editor")).toBe(
      "Unimplemented library.v1.LibraryService.Lend is not implemented",
    );
    await server.close();
  });
});
