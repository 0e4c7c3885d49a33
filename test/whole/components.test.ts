// Every documented component can do its work with the role that the page of components names, and not with less. Each
// gets an identity of its own, and calls what it calls over gRPC.
import {
  create,
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
} from "@bufbuild/protobuf";
import { ConnectError, type Interceptor, type Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { rules } from "../../gen/rbac/rules.ts";
import { leastRoleOf } from "../../scripts/components.ts";
import type { HmacUser } from "../../src/auth/hmac.ts";
import { type Component, components } from "../../src/domain/component.ts";
import { policyOfTable } from "../../src/rbac/policy/policy.ts";
import { Role, roleName, roles } from "../../src/rbac/role.ts";
import { hmacHeaders } from "../auth/signed.ts";
import { methods, procedureOf } from "../world/descriptors.ts";
import { startWorld, type World } from "../world/server.ts";

/** The role below. */
const below = (role: Role): Role => roles[roles.findIndex((one) => one === role) - 1] ?? role;

function identity({ name, mark }: Component, role: Role): HmacUser {
  const type = `${name}-${roleName(role)}`;
  const keys = [{ id: "test", secret: `key of ${type}` }];
  return { name: type, type, keys, role, windowSeconds: 90, ...(mark && { component: mark }) };
}

const users = components.flatMap((component) => {
  const least = leastRoleOf(component);
  return [least, below(least)].map((role) => identity(component, role));
});

let world: World;
beforeAll(async () => {
  world = await startWorld({ users });
});
afterAll(() => world.close());

function transportOf(component: Component, role: Role): Transport {
  const { type, keys } = identity(component, role);
  const signing: Interceptor = (next) => (request) => {
    hmacHeaders({ type, key: keys[0]?.secret ?? "" }).forEach((value, name) =>
      request.header.set(name, value),
    );
    return next(request);
  };
  return createGrpcTransport({ baseUrl: world.url, interceptors: [signing] });
}

/** The reason of a refusal; "let in" for whatever else becomes of a call of an empty message. */
async function outcome(transport: Transport, method: DescMethod): Promise<string> {
  try {
    await call(transport, method);
    return "let in";
  } catch (error) {
    const [info] = ConnectError.from(error).findDetails(ErrorInfoSchema);
    return info?.reason ?? "let in";
  }
}

async function call(transport: Transport, method: DescMethod): Promise<void> {
  const message = create(method.input);
  if (method.methodKind === "unary") {
    await transport.unary(method as DescMethodUnary, undefined, 5_000, undefined, message);
    return;
  }
  const abort = new AbortController();
  const requests = (async function* () {
    yield message;
  })();
  const stream = method as DescMethodStreaming;
  const response = await transport.stream(stream, abort.signal, 500, undefined, requests);
  for await (const _ of response.message) break;
  abort.abort();
}

const methodNamed = (name: string): DescMethod => {
  const found = methods.find((method) => procedureOf(method) === `/${name}`);
  if (found === undefined) throw new Error(`no RPC "${name}"`);
  return found;
};

const policy = policyOfTable(rules);
const minRoleOf = (name: string): Role => policy.get(name)?.minRole ?? Role.ADMIN;

/** What becomes of the calls of a component that holds `role`. */
async function outcomes(component: Component, role: Role): Promise<[string, string][]> {
  const transport = transportOf(component, role);
  return await Promise.all(
    Object.keys(component.calls).map(
      async (name): Promise<[string, string]> => [
        name,
        await outcome(transport, methodNamed(name)),
      ],
    ),
  );
}

describe.each(components.map((component) => [component.name, component] as const))(
  "%s",
  (_, component) => {
    const least = leastRoleOf(component);

    test(`is let in everywhere with role ${roleName(least)}`, async () => {
      const seen = await outcomes(component, least);
      expect(seen).toEqual(seen.map(([name]) => [name, "let in"]));
    });

    test(`is refused with role ${roleName(below(least))} what needs ${roleName(least)}`, async () => {
      const seen = await outcomes(component, below(least));
      const wanted = seen.map(([name]) => [
        name,
        minRoleOf(name) === least ? "ROLE_TOO_LOW" : "let in",
      ]);
      expect(seen).toEqual(wanted);
      expect(Object.keys(component.calls).map(minRoleOf)).toContain(least);
    });

    test("needs no more than is documented", () => {
      expect(least).toBeLessThanOrEqual(component.documentedRole);
    });
  },
);

test("a component that something is limited to has the mark, and only those have one", () => {
  for (const { name, mark, calls } of components) {
    const limits = Object.entries(rules)
      .filter(([procedure]) => procedure.slice(1) in calls)
      .map(([, rule]): readonly string[] => rule.components)
      .filter((names) => names.length > 0);
    const fits = limits.every((names) => mark !== undefined && names.includes(mark));
    expect([name, fits, mark !== undefined]).toEqual([name, true, limits.length > 0]);
  }
});
