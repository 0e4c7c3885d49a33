// The kit in one piece: its parts in the right order, whoever puts them into an adapter.
import type { Interceptor } from "@connectrpc/connect";
import { createClient, createContextValues, createRouterTransport } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import { LibraryService } from "../../examples/own-server/gen/library/v1/library_pb.ts";
import { guard } from "../../examples/own-server/gen/rbac/gate.ts";
import { callOf } from "../../src/rbac/call.ts";
import { Role } from "../../src/rbac/role.ts";
import { always, implementation, principal, start, verdict } from "./library.ts";

const admin = principal("admin", { role: Role.ADMIN });

test("interceptors of the server see calls that were allowed, in the order they are listed, and none that was refused", async () => {
  const seen: string[] = [];
  const interceptor =
    (name: string): Interceptor =>
    (next) =>
    (request) => {
      seen.push(`${name}: ${callOf(request.contextValues).principal?.id}`);
      return next(request);
    };
  const server = await start({ interceptors: [interceptor("first"), interceptor("second")] });
  await verdict(server.client("grpc", "viewer").lend({}));
  await verdict(server.client("grpc", "editor").lend({}));
  expect(seen).toEqual(["first: test:editor", "second: test:editor"]);
  await server.close();
});

test("interceptors of the server see no message that its credential was not made for", async () => {
  let seen = 0;
  const server = await start({
    authenticate: async () => ({ principal: admin, messageChecks: [async () => false] }),
    interceptors: [
      (next) => (request) => {
        seen += 1;
        return next(request);
      },
    ],
  });
  expect(await verdict(server.client().lend({}))).toBe("Unauthenticated BAD_CREDENTIAL");
  expect(seen).toBe(0);
  await server.close();
});

test("a router in the same process is guarded like a server", async () => {
  const { routes, ...router } = guard({
    routes: (one) => void one.service(LibraryService, implementation),
    authenticate: async ({ requestHeader }) => ({
      principal: requestHeader.has("x-admin") ? admin : undefined,
    }),
  });
  const library = createClient(LibraryService, createRouterTransport(routes, { router }));
  expect(await verdict(library.lend({}))).toBe("Unauthenticated NO_CREDENTIAL");
  expect(await verdict(library.lend({}, { headers: { "x-admin": "1" } }))).toBe("allowed");
});

test("a context that no gate saw has no call", () => {
  expect(() => callOf(createContextValues())).toThrow("authorization did not run");
});

test("a handler finds the call and its caller", async () => {
  const server = await start({
    authenticate: always(admin),
    implementation: {
      whoAmI: (_, { values }) => ({ id: callOf(values).principal?.id ?? "" }),
    },
  });
  expect(await server.client().whoAmI({})).toMatchObject({ id: "test:admin" });
  await server.close();
});
