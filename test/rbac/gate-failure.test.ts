// The gate when something is wrong: it closes, says so to the server, and shows the caller nothing of it.
import { runInNewContext } from "node:vm";
import { Code, ConnectError, type ConnectRouter, createContextValues } from "@connectrpc/connect";
import { afterEach, describe, expect, test } from "@jest/globals";
import { LibraryService } from "../../examples/own-server/gen/library/v1/library_pb.ts";
import type { Authenticate, Authentication } from "../../src/rbac/gate.ts";
import { createGate } from "../../src/rbac/gate.ts";
import type { Principal } from "../../src/rbac/principal.ts";
import { Role } from "../../src/rbac/role.ts";
import { createRuleTable } from "../../src/rbac/table.ts";
import { TimeLimitError } from "../../src/rbac/until-aborted.ts";
import { until } from "../world/until.ts";
import {
  always,
  errorOf,
  everythingIn,
  everyWay,
  implementation,
  kindNames,
  kinds,
  principal,
  protocols,
  type Running,
  type Setup,
  start,
  verdict,
} from "./library.ts";
import { beginCall, json } from "./raw-call.ts";

let server: Running | undefined;
afterEach(() => server?.close());
const given = async (setup: Setup) => {
  server = await start(setup);
  return server;
};

const admin = principal("admin", { role: Role.ADMIN });
const stopped = AbortSignal.abort(new ConnectError("stopping", Code.Unavailable));

describe("a rule that is missing at run time", () => {
  const empty = createGate(createRuleTable({}), { authenticate: always(admin) });
  const unguarded = {
    routes: (router: ConnectRouter) => void router.service(LibraryService, implementation),
    interceptors: [],
    requestGate: empty,
  };

  test.each(everyWay)("refuses even an admin: $kind over $protocol", async ({ kind, protocol }) => {
    const { client } = await given({ adapter: unguarded });
    expect(await verdict(kinds[kind](client(protocol)))).toBe("PermissionDenied NO_RULE");
  });
});

describe("nobody is asked who is calling", () => {
  let asked = 0;
  const authenticate: Authenticate = async () => {
    asked += 1;
    return { principal: admin };
  };

  test("where there is no rule", async () => {
    const requestGate = createGate(createRuleTable({}), { authenticate });
    const { client } = await given({ adapter: { requestGate } });
    expect(await verdict(client().lend({}))).toBe("PermissionDenied NO_RULE");
    expect(asked).toBe(0);
  });

  test("once the server stops", async () => {
    const { client } = await given({ authenticate, adapter: { shutdownSignal: stopped } });
    expect(await verdict(client().lend({}))).toBe("Unavailable SHUTTING_DOWN");
    expect(asked).toBe(0);
  });
});

test("whoever is found later is waited for, also where promises are of another kind", async () => {
  const foreign = runInNewContext(
    "Promise.resolve({ refused: 'BAD_CREDENTIAL', detail: 'foreign' })",
  ) as Promise<Authentication>;
  expect(foreign).not.toBeInstanceOf(Promise);
  const { client } = await given({ authenticate: () => foreign });
  expect(await verdict(client().search({}))).toBe("Unauthenticated BAD_CREDENTIAL");
});

describe("a role that is none", () => {
  const odd = [undefined, Number.NaN, 0, 6, "5"];

  test.each(odd)("%p passes no gate, not even a public one", async (role) => {
    const { client } = await given({
      authenticate: always(principal("odd", { role: role as Role })),
    });
    const calls = [client().search({}), ...kindNames.map((kind) => kinds[kind](client()))];
    const verdicts = await Promise.all(calls.map(verdict));
    expect(new Set(verdicts)).toEqual(new Set(["PermissionDenied ROLE_TOO_LOW"]));
  });
});

describe("authentication that fails", () => {
  const secret = "password=hunter2";
  const failures: Readonly<Record<string, Authenticate>> = {
    rejects: async () => {
      throw new Error(secret);
    },
    throws: () => {
      throw new Error(secret);
    },
    "throws an error of Connect": async () => {
      throw new ConnectError(secret, Code.OutOfRange, { leak: secret });
    },
    "answers nothing": async () => undefined as unknown as Authentication,
    "answers a caller that is null": async () => ({ principal: null as unknown as Principal }),
  };
  const ways = Object.entries(failures).flatMap(([how, authenticate]) =>
    protocols.map((protocol) => ({ how, authenticate, protocol })),
  );

  test.each(ways)(
    "is unavailable if it $how, over $protocol",
    async ({ authenticate, protocol }) => {
      const { client, errors, decisions } = await given({ authenticate });
      const error = await errorOf(client(protocol).lend({}));
      expect(await verdict(Promise.reject(error))).toBe("Unavailable UNDECIDABLE");
      expect(everythingIn(error)).not.toContain("hunter2");
      expect(errors).toHaveLength(1);
      expect(decisions).toMatchObject([{ decision: { reason: "UNDECIDABLE" }, detail: "error" }]);
    },
  );

  test("tells the server what happened", async () => {
    const { client, errors } = await given({ authenticate: failures["rejects"] as Authenticate });
    await errorOf(client().lend({}));
    expect(errors).toEqual([new Error(secret)]);
  });

  test("does not let a public call through as anonymous", async () => {
    const { client } = await given({ authenticate: failures["rejects"] as Authenticate });
    expect(await verdict(client().search({}))).toBe("Unavailable UNDECIDABLE");
  });
});

describe("authentication that hangs", () => {
  const hang: Authenticate = () => new Promise(() => {});

  test.each(everyWay)("ends at the limit: $kind over $protocol", async ({ kind, protocol }) => {
    const { client, errors, decisions } = await given({ authenticate: hang, limitMs: 20 });
    expect(await verdict(kinds[kind](client(protocol)))).toBe("Unavailable UNDECIDABLE");
    expect(decisions).toMatchObject([{ detail: "time_limit" }]);
    expect(errors).toEqual([new TimeLimitError("took longer than 20 ms")]);
  });

  test("ends when the client breaks the call off", async () => {
    const { url, decisions } = await given({ authenticate: hang });
    const call = beginCall(url, "/library.v1.LibraryService/Lend", json);
    setTimeout(call.cancel, 30);
    await until(() => decisions.length > 0);
    expect(decisions).toMatchObject([{ decision: { allowed: false, reason: "CALL_ENDED" } }]);
  });

  test("ends at the client's deadline", async () => {
    const { client, decisions } = await given({ authenticate: hang });
    await errorOf(client().lend({}, { timeoutMs: 30 }));
    await until(() => decisions.length > 0);
    expect(decisions).toMatchObject([{ decision: { allowed: false, reason: "CALL_ENDED" } }]);
  });

  test("ends when the server stops", async () => {
    const stop = new AbortController();
    const { client } = await given({
      authenticate: hang,
      adapter: { shutdownSignal: stop.signal },
    });
    setTimeout(() => stop.abort(new ConnectError("stopping", Code.Unavailable)), 30);
    expect(await verdict(client().lend({}))).toBe("Unavailable SHUTTING_DOWN");
  });
});

describe("a server that stops", () => {
  test.each(everyWay)("takes no new call: $kind over $protocol", async ({ kind, protocol }) => {
    const { client } = await given({ adapter: { shutdownSignal: stopped } });
    const call = kinds[kind](client(protocol, "admin"));
    expect(await verdict(call)).toBe("Unavailable SHUTTING_DOWN");
  });

  test("takes none either if it does not say why", async () => {
    const { client } = await given({ adapter: { shutdownSignal: AbortSignal.abort() } });
    expect(await verdict(client("grpc", "admin").lend({}))).toBe("Unavailable CALL_ENDED");
  });
});

test("a call whose deadline has passed on arrival is not decided", async () => {
  const { url } = await given({});
  const late = { ...json, "connect-timeout-ms": "0", "x-caller": "admin" };
  const { status, body } = await beginCall(url, "/library.v1.LibraryService/Lend", late).answer;
  expect(status).toBe(503);
  expect(body).toContain("CALL_ENDED");
});

describe("a listener that fails", () => {
  const failure = new Error("no space left");
  const fail = async () => {
    throw failure;
  };

  test("changes no decision, and is told to the server", async () => {
    const { client, errors } = await given({ onDecision: fail });
    expect(await verdict(client("grpc", "editor").lend({}))).toBe("allowed");
    expect(await verdict(client("grpc", "viewer").lend({}))).toBe("PermissionDenied ROLE_TOO_LOW");
    expect(errors).toEqual([failure, failure]);
  });

  test("is not waited for longer than the limit", async () => {
    const { client, errors } = await given({
      limitMs: 20,
      onDecision: () => new Promise(() => {}),
    });
    expect(await verdict(client("grpc", "editor").lend({}))).toBe("allowed");
    expect(await verdict(client("grpc", "viewer").lend({}))).toBe("PermissionDenied ROLE_TOO_LOW");
    expect(errors).toHaveLength(2);
  });
});

test("calls that share context values are refused from the second on", async () => {
  const values = createContextValues();
  const { client, errors } = await given({ adapter: { contextValues: () => values } });
  expect(await verdict(client("grpc", "admin").lend({}))).toBe("allowed");
  expect(await verdict(client("grpc", "editor").lend({}))).toBe(
    "Internal authorization did not run",
  );
  expect(errors).toEqual([
    new Error("two calls share their context values; make new ones for each"),
  ]);
});
