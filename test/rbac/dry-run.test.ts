// A call that asks for the decision alone: decided as any other, and nothing runs, whatever its kind.
import { Code, ConnectError } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { rules } from "../../examples/own-server/gen/rbac/rules.ts";
import { type Call, callKey } from "../../src/rbac/call.ts";
import { createEnforcer } from "../../src/rbac/enforcer.ts";
import { Role } from "../../src/rbac/role.ts";
import {
  always,
  collect,
  everyWay,
  type Library,
  principal,
  type Running,
  several,
  start,
  verdict,
} from "./library.ts";

let server: Running | undefined;
let ran: string[] = [];
afterEach(() => server?.close());
beforeEach(async () => {
  ran = [];
  const run = (name: string) => () => {
    ran.push(name);
    return {};
  };
  server = await start({
    implementation: {
      search: run("search"),
      whoAmI: run("whoAmI"),
      lend: run("lend"),
      giveBack: run("giveBack"),
      discard: run("discard"),
      watchLoans() {
        ran.push("watchLoans");
        return several([{ isbn: "1" }]);
      },
      scan() {
        ran.push("scan");
        return several([{ title: "1" }]);
      },
      async import() {
        ran.push("import");
        return {};
      },
    },
  });
});

const calls = {
  unary: (library: Library, headers: Headers) => library.lend({ isbn: "1" }, { headers }),
  server_streaming: (library: Library, headers: Headers) =>
    collect(library.watchLoans({}, { headers })),
  client_streaming: (library: Library, headers: Headers) =>
    library.import(several([{}, {}]), { headers }),
  bidi_streaming: (library: Library, headers: Headers) =>
    collect(library.scan(several([{ isbn: "1" }]), { headers })),
} as const;

const dry = (value = "gate") => new Headers({ "metal-dry-run": value });
const letIn = "FailedPrecondition DRY_RUN";

describe("a call that asks for the decision alone", () => {
  test.each(everyWay)("runs no handler: $kind over $protocol", async ({ kind, protocol }) => {
    const library = server?.client(protocol, kind === "bidi_streaming" ? "box" : "admin");
    expect(await verdict(calls[kind](library as Library, dry()))).toBe(letIn);
    expect(ran).toEqual([]);
    expect(await verdict(calls[kind](library as Library, new Headers()))).toBe("allowed");
    expect(ran).toHaveLength(1);
  });

  test.each(["", "gate", "GATE", "no", "false"])("runs none with the value %p", async (value) => {
    const library = server?.client("connect", "admin") as Library;
    expect(await verdict(library.lend({ isbn: "1" }, { headers: dry(value) }))).toBe(letIn);
    expect(ran).toEqual([]);
  });

  test("runs none by GET, and none for an anonymous caller of what is public", async () => {
    const byGet = server?.client("connect", "viewer", true) as Library;
    expect(await verdict(byGet.search({}, { headers: dry() }))).toBe(letIn);
    const anonymous = server?.client("grpc") as Library;
    expect(await verdict(anonymous.search({}, { headers: dry() }))).toBe(letIn);
    expect(ran).toEqual([]);
  });

  const refusals = [
    [undefined, "Unauthenticated NO_CREDENTIAL"],
    ["stranger", "Unauthenticated BAD_CREDENTIAL"],
    ["viewer", "PermissionDenied ROLE_TOO_LOW"],
  ] as const;
  test.each(refusals)("is refused as without the wish: %p", async (caller, refusal) => {
    const library = server?.client("connect", caller) as Library;
    expect(await verdict(library.lend({ isbn: "1" }, { headers: dry() }))).toBe(refusal);
    expect(await verdict(library.lend({ isbn: "1" }))).toBe(refusal);
  });

  test("needs no reason where the rule demands one", async () => {
    const library = server?.client("connect", "admin") as Library;
    expect(await verdict(library.discard({}, { headers: dry() }))).toBe(letIn);
  });
});

test("a credential that was used for one message in a dry run is good for no other", async () => {
  const seen: string[] = [];
  const messageChecks = [
    async (digest: string) => {
      seen.push(digest);
      return false;
    },
  ];
  const one = principal("one", { role: Role.ADMIN });
  const checked = await start({
    authenticate: async (...args) => ({ ...(await always(one)(...args)), messageChecks }),
  });
  const library = checked.client("connect", "one");
  const outcome = await verdict(library.lend({ isbn: "1" }, { headers: dry() }));
  await checked.close();
  expect(outcome).toBe("Unauthenticated BAD_CREDENTIAL");
  expect(seen).toHaveLength(1);
});

test("whoever swallows the error of a dry run does not get to the handler either", async () => {
  let reached = false;
  const swallowing = await start({
    adapter: {
      interceptors: [
        (next) => async (request) => {
          const call = request.contextValues.get(callKey) as Call;
          await createEnforcer(rules)(next)(request).catch(() => {});
          expect(call.dryRun).toBe(true);
          return next(request);
        },
      ],
    },
    implementation: {
      lend() {
        reached = true;
        return {};
      },
    },
  });
  const library = swallowing.client("connect", "admin");
  const failure = await library
    .lend({ isbn: "1" }, { headers: dry() })
    .catch((error: unknown) => ConnectError.from(error));
  await swallowing.close();
  expect(failure).toMatchObject({ code: Code.Internal });
  expect(reached).toBe(false);
});
