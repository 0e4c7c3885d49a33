// Every RPC, called by everyone, over every protocol, and by Connect GET where it is allowed: who gets in is what the
// generated table says, and nobody else does.
import {
  create,
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
} from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { rules } from "../../gen/rbac/rules.ts";
import { atLeast, Role } from "../../src/rbac/role.ts";
import type { Rule, RuleTable } from "../../src/rbac/rule.ts";
import { methods, procedureOf } from "../world/descriptors.ts";
import { type Caller, callers, protocols, startWorld, users, type World } from "../world/server.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const table: RuleTable = rules;

/** What the table says of a call: the reason of its refusal, or "let in". */
function expected(rule: Rule, caller: Caller): string {
  if (caller === "bad") return "BAD_CREDENTIAL";
  if (caller === "anonymous") return rule.minRole === Role.PUBLIC ? "let in" : "NO_CREDENTIAL";
  if (!atLeast(users[caller].role, rule.minRole)) return "ROLE_TOO_LOW";
  return rule.components.length > 0 ? "WRONG_COMPONENT" : "let in";
}

/** What became of a call of an empty message. */
async function outcome(transport: Transport, method: DescMethod): Promise<string> {
  try {
    await call(transport, method);
    return "let in";
  } catch (error) {
    const failure = ConnectError.from(error);
    const [info] = failure.findDetails(ErrorInfoSchema);
    if (info) return info.reason;
    const refused = [Code.Unauthenticated, Code.PermissionDenied, Code.Unimplemented];
    return refused.includes(failure.code) ? `unexplained ${failure.message}` : "let in";
  }
}

async function call(transport: Transport, method: DescMethod): Promise<void> {
  const message = create(method.input);
  if (method.methodKind === "unary") {
    await transport.unary(method as DescMethodUnary, undefined, 30_000, undefined, message);
    return;
  }
  const abort = new AbortController();
  const messages = (async function* () {
    yield message;
  })();
  const stream = method as DescMethodStreaming;
  const response = await transport.stream(stream, abort.signal, undefined, undefined, messages);
  for await (const _ of response.message) break;
  abort.abort();
}

const byGet = ({ methodKind, idempotency }: DescMethod) =>
  methodKind === "unary" && idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;

describe.each(methods.map((method) => [procedureOf(method), method] as const))(
  "%s",
  (procedure, method) => {
    const rule = table[procedure] as Rule;

    test.each(protocols)(
      "lets in over %s whom its rule admits, and nobody else",
      async (protocol) => {
        const seen = callers.map(async (caller) => {
          const transport = world.transport(caller, { protocol });
          return [caller, await outcome(transport, method)];
        });
        const wanted = callers.map((caller) => [caller, expected(rule, caller)]);
        expect(await Promise.all(seen)).toEqual(wanted);
      },
    );

    if (byGet(method))
      test("lets in by GET whom its rule admits, and nobody else", async () => {
        const seen = callers.map(async (caller) => {
          const transport = world.transport(caller, { get: true });
          return [caller, await outcome(transport, method)];
        });
        const wanted = callers.map((caller) => [caller, expected(rule, caller)]);
        expect(await Promise.all(seen)).toEqual(wanted);
      });
  },
);

test("every RPC of every service has a rule, and every rule an RPC", () => {
  expect(Object.keys(table).sort()).toEqual(methods.map(procedureOf).sort());
});
