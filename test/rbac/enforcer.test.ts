// The second line: what happens when the first one is missing, belongs to another, or decided about something else,
// and what only messages bring to light.
import { Code, ConnectError, type ConnectRouter, type HandlerContext } from "@connectrpc/connect";
import { afterEach, describe, expect, test } from "@jest/globals";
import { LibraryService } from "../../examples/own-server/gen/library/v1/library_pb.ts";
import { rules } from "../../examples/own-server/gen/rbac/rules.ts";
import { callKey, type MessageCheck } from "../../src/rbac/call.ts";
import { createEnforcer } from "../../src/rbac/enforcer.ts";
import { createGate } from "../../src/rbac/gate.ts";
import type { Principal } from "../../src/rbac/principal.ts";
import { Role } from "../../src/rbac/role.ts";
import { createRuleTable } from "../../src/rbac/table.ts";
import { until } from "../world/until.ts";
import {
  always,
  callers,
  collect,
  errorOf,
  everythingIn,
  everyWay,
  implementation,
  kindNames,
  kinds,
  pause,
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
const notRun = "Internal authorization did not run";

describe("without the gate", () => {
  test.each(everyWay)("no handler runs: $kind over $protocol", async ({ kind, protocol }) => {
    const { client, errors } = await given({ adapter: { requestGate: undefined } });
    expect(await verdict(kinds[kind](client(protocol, "admin")))).toBe(notRun);
    expect(errors).toEqual([
      new Error("no gate over the same rules allowed this call; mount gate and enforcer"),
    ]);
  });

  test("not even a public one does", async () => {
    const { client } = await given({ adapter: { requestGate: undefined } });
    expect(await verdict(client().search({}))).toBe(notRun);
  });
});

describe("without the enforcer", () => {
  test.each(everyWay)("no handler runs: $kind over $protocol", async ({ kind, protocol }) => {
    const { client, decisions } = await given({ adapter: { interceptors: [] } });
    expect(await verdict(kinds[kind](client(protocol, "admin")))).toBe(notRun);
    expect(decisions).toMatchObject([{ decision: { allowed: true } }]);
  });
});

test.each(kindNames)("without gate and enforcer no handler runs: %s", async (kind) => {
  const { client } = await given({ adapter: { requestGate: undefined, interceptors: [] } });
  expect(await verdict(kinds[kind](client()))).toBe(notRun);
});

test.each(kindNames)(
  "the decision of a gate over another table is worth nothing: %s",
  async (kind) => {
    const weaker = Object.entries(rules).map(([name, rule]) => [
      name,
      { ...rule, minRole: Role.PUBLIC },
    ]);
    const requestGate = createGate(createRuleTable(Object.fromEntries(weaker)), {
      authenticate: async () => ({ principal: undefined }),
    });
    const { client } = await given({ adapter: { requestGate } });
    expect(await verdict(kinds[kind](client()))).toBe(notRun);
  },
);

test.each(kindNames)("a decision about another method is worth nothing: %s", async (kind) => {
  const gate = createGate(rules, { authenticate: always(admin) });
  const { search } = LibraryService.method;
  const requestGate = (context: HandlerContext) => gate({ ...context, method: search });
  const { client } = await given({ adapter: { requestGate } });
  expect(await verdict(kinds[kind](client()))).toBe(notRun);
});

test.each(kindNames)(
  "a decision that the rule does not bear out is worth nothing: %s",
  async (kind) => {
    const gate = createGate(rules, { authenticate: always(admin) });
    const requestGate = async (context: HandlerContext) => {
      await gate(context);
      const call = context.values.get(callKey);
      context.values.set(callKey, call && { ...call, principal: callers["nobody"] });
    };
    const { client } = await given({ adapter: { requestGate } });
    expect(await verdict(kinds[kind](client()))).toBe(notRun);
  },
);

test("a decision about another method is worth nothing even if one rule serves both", async () => {
  const rule = rules["/library.v1.LibraryService/Search"];
  const [search, lend] = [
    "/library.v1.LibraryService/Search",
    "/library.v1.LibraryService/Lend",
  ] as const;
  const table = createRuleTable({ [search]: rule, [lend]: rule });
  const gate = createGate(table, { authenticate: always(admin) });
  const adapter = {
    routes: (router: ConnectRouter) => void router.service(LibraryService, implementation),
    interceptors: [createEnforcer(table)],
  };
  const right = await given({ adapter: { ...adapter, requestGate: gate } });
  expect(await verdict(right.client().lend({}))).toBe("allowed");
  await right.close();
  const requestGate = (context: HandlerContext) =>
    gate({ ...context, method: LibraryService.method.search });
  const wrong = await given({ adapter: { ...adapter, requestGate } });
  expect(await verdict(wrong.client().lend({}))).toBe(notRun);
});

describe("an RPC that asks for a reason", () => {
  const poor = ["", "short", "123456789", "          ", "  123456789  ", "🔑🔑🔑🔑🔑"];
  const good = ["1234567890", "  1234567890  ", "stocktaking", "🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑"];
  const text = "reason: must say why in at least 10 characters";
  const discarding = async () => {
    let handled = 0;
    const implementation: Setup["implementation"] = {
      discard: () => {
        handled += 1;
        return {};
      },
      async *listBorrowers() {
        handled += 1;
        yield {};
      },
    };
    const { client } = await given({ implementation });
    return { client, handled: () => handled };
  };

  test.each(protocols)("is refused over %s without a good one", async (protocol) => {
    const { client, handled } = await discarding();
    const library = client(protocol, "admin");
    for (const reason of poor) {
      expect(await verdict(library.discard({ reason }))).toBe(`InvalidArgument ${text}`);
      const listing = collect(library.listBorrowers({ reason }));
      expect(await verdict(listing)).toBe(`InvalidArgument ${text}`);
    }
    expect(handled()).toBe(0);
  });

  test.each(protocols)("goes on over %s with a good one", async (protocol) => {
    const { client, handled } = await discarding();
    const library = client(protocol, "admin");
    for (const reason of good) {
      expect(await verdict(library.discard({ reason }))).toBe("allowed");
      expect(await verdict(collect(library.listBorrowers({ reason })))).toBe("allowed");
    }
    expect(handled()).toBe(2 * good.length);
  });
});

describe("a credential that wants to see the message", () => {
  const checked = async (check: MessageCheck, setup: Setup = {}) =>
    given({
      authenticate: async () => ({ principal: admin, messageChecks: [check] }),
      ...setup,
    });

  test.each(everyWay)("is asked before the handler gets it: $kind over $protocol", async (way) => {
    let handled = 0;
    const count = async function* <T>(messages: AsyncIterable<T>) {
      for await (const message of messages) {
        handled += 1;
        yield message;
      }
    };
    const { client, decisions, errors } = await checked(async () => false, {
      implementation: {
        lend: () => {
          handled += 1;
          return {};
        },
        async *watchLoans() {
          handled += 1;
          yield {};
        },
        import: async (books) => ({ count: (await collect(count(books))).length }),
        async *scan(scans) {
          for await (const _ of count(scans)) yield {};
        },
      },
    });
    const error = await errorOf(kinds[way.kind](client(way.protocol)));
    expect(await verdict(Promise.reject(error))).toBe("Unauthenticated BAD_CREDENTIAL");
    expect(everythingIn(error)).not.toContain(admin.id);
    expect(handled).toBe(0);
    expect(decisions).toMatchObject([
      { decision: { allowed: true } },
      {
        principal: admin,
        decision: { allowed: false, reason: "BAD_CREDENTIAL" },
        detail: "message",
      },
    ]);
    expect(errors).toEqual([]);
  });

  test("refuses only when that was told", async () => {
    const told: boolean[] = [];
    const { client } = await checked(async () => false, {
      onDecision: async ({ decision }) => {
        await pause(20);
        told.push(decision.allowed);
      },
    });
    expect(await verdict(client().lend({}))).toBe("Unauthenticated BAD_CREDENTIAL");
    expect(told).toEqual([true, false]);
  });

  test("goes on if it accepts", async () => {
    const { client } = await checked(async () => true);
    expect(await verdict(client().lend({}))).toBe("allowed");
  });

  test("sees the same digest over every protocol, and another of another message", async () => {
    const seen: string[] = [];
    const { client } = await checked(async (digest) => seen.push(digest) > 0);
    for (const protocol of protocols) await client(protocol).lend({ isbn: "1", borrower: "Ada" });
    const same = new Set(seen);
    expect(same.size).toBe(1);
    await client().lend({ isbn: "1", borrower: "Bob" });
    expect(seen).toHaveLength(4);
    expect(same).not.toContain(seen.at(-1));
  });

  test("sees the same digest in JSON, in binary and by GET", async () => {
    const seen: string[] = [];
    const { client, url } = await checked(async (digest) => seen.push(digest) > 0);
    await client("connect").search({ title: "C" });
    await client("connect", undefined, true).search({ title: "C" });
    const call = beginCall(url, "/library.v1.LibraryService/Search", json);
    call.send('{"title": "C"}');
    expect(await call.answer).toMatchObject({ status: 200 });
    expect(seen).toEqual([seen[0], seen[0], seen[0]]);
  });

  test.each([
    ["rejects", new Error("password=hunter2")],
    ["rejects with an error of Connect", new ConnectError("password=hunter2", Code.OutOfRange)],
  ])("is unavailable if its check %s", async (_, failure) => {
    const { client, errors } = await checked(async () => {
      throw failure;
    });
    const error = await errorOf(client().lend({}));
    expect(await verdict(Promise.reject(error))).toBe("Unavailable UNDECIDABLE");
    expect(everythingIn(error)).not.toContain("hunter2");
    expect(errors).toEqual([failure]);
  });
});

describe("a credential that ends while the message is on its way", () => {
  const path = "/library.v1.LibraryService/Lend";
  const begin = async (facts: () => Partial<Principal>) => {
    let handled = 0;
    const { url, decisions } = await given({
      authenticate: async () => ({
        principal: principal("late", { role: Role.EDITOR, ...facts() }),
      }),
      implementation: {
        lend: () => {
          handled += 1;
          return {};
        },
      },
    });
    const call = beginCall(url, path, json);
    await until(() => decisions.length === 1);
    return { call, decisions, handled: () => handled };
  };
  const ended = { decision: { allowed: false, reason: "CREDENTIAL_ENDED" } };

  test("counts no more if it was revoked", async () => {
    const revocation = new AbortController();
    const { call, decisions, handled } = await begin(() => ({ revoked: revocation.signal }));
    revocation.abort();
    call.send("{}");
    expect(await call.answer).toMatchObject({ status: 401 });
    expect(handled()).toBe(0);
    expect(decisions).toMatchObject([{ decision: { allowed: true } }, ended]);
  });

  test("counts no more if it expired", async () => {
    const soon = () => ({ expiresAt: new Date(Date.now() + 50) });
    const { call, decisions, handled } = await begin(soon);
    await until(() => Date.now() > (decisions[0]?.principal?.expiresAt?.getTime() ?? 0));
    call.send("{}");
    expect(await call.answer).toMatchObject({ status: 401 });
    expect(handled()).toBe(0);
    expect(decisions).toMatchObject([{ decision: { allowed: true } }, ended]);
  });

  test("counts no more if its end is no date", async () => {
    const { call, handled } = await begin(() => ({ expiresAt: new Date(Number.NaN) }));
    call.send("{}");
    expect(await call.answer).toMatchObject({ status: 401 });
    expect(handled()).toBe(0);
  });
});
