// Who passes the gate, over every protocol and by every kind of call, and that it closes before the body.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Role } from "../../src/rbac/role.ts";
import {
  callers,
  everyWay,
  type Kind,
  kinds,
  type Library,
  protocols,
  type Running,
  start,
  verdict,
} from "./library.ts";
import { beginCall, json } from "./raw-call.ts";

let server: Running;
beforeAll(async () => {
  server = await start();
});
afterAll(() => server.close());

const needed: Readonly<Record<Kind, Role>> = {
  unary: Role.EDITOR,
  server_streaming: Role.VIEWER,
  client_streaming: Role.ADMIN,
  bidi_streaming: Role.EDITOR,
};

describe.each(everyWay)("$kind over $protocol", ({ kind, protocol }) => {
  const call = (caller?: string) => verdict(kinds[kind](server.client(protocol, caller)));

  test("refuses an anonymous caller", async () => {
    expect(await call()).toBe("Unauthenticated NO_CREDENTIAL");
  });

  test("refuses a bad credential", async () => {
    expect(await call("mallory")).toBe("Unauthenticated BAD_CREDENTIAL");
  });

  test.each(Object.keys(callers))("lets %s in if the role suffices", async (caller) => {
    const suffices = (callers[caller]?.role ?? 0) >= needed[kind];
    expect(await call(caller)).toBe(suffices ? "allowed" : "PermissionDenied ROLE_TOO_LOW");
  });
});

describe("Connect GET", () => {
  const call = (caller?: string) =>
    verdict(server.client("connect", caller, true).whoAmI({}, { timeoutMs: 5000 }));

  test("is refused like any call", async () => {
    expect(await call()).toBe("Unauthenticated NO_CREDENTIAL");
    expect(await call("mallory")).toBe("Unauthenticated BAD_CREDENTIAL");
  });

  test("is allowed like any call", async () => {
    expect(await call("nobody")).toBe("allowed");
  });

  test("is kept by no cache, whether it is allowed or refused", async () => {
    const path = "/library.v1.LibraryService/WhoAmI?encoding=json&message=%7B%7D";
    const get = async (headers: object) => {
      const call = beginCall(server.url, path, { ":method": "GET", ...headers });
      const { status, headers: answered } = await call.answer;
      return [status, answered["cache-control"]];
    };
    expect(await get({})).toEqual([401, "no-store"]);
    expect(await get({ "x-caller": "nobody" })).toEqual([200, "no-store"]);
  });
});

describe("authentication loses no permission", () => {
  const everybody = [undefined, ...Object.keys(callers)];
  const ways = protocols.flatMap((protocol) => everybody.map((caller) => ({ protocol, caller })));

  test.each(ways)("$caller may call what is public over $protocol", async (way) => {
    const library = server.client(way.protocol, way.caller);
    expect(await verdict(library.search({}))).toBe("allowed");
  });

  test.each(protocols)(
    "a bad credential is refused over %s even where none is needed",
    async (p) => {
      expect(await verdict(server.client(p, "mallory").search({}))).toBe(
        "Unauthenticated BAD_CREDENTIAL",
      );
    },
  );
});

describe.each(protocols)("an RPC for components over %s", (protocol) => {
  const giveBack = (caller: string) =>
    verdict(server.client(protocol, caller).giveBack({ isbn: "1" }));

  test("is for identities of the component", async () => {
    expect(await giveBack("box")).toBe("allowed");
  });

  test("is not for an identity with the role or a higher one alone", async () => {
    expect(await giveBack("editor")).toBe("PermissionDenied WRONG_COMPONENT");
    expect(await giveBack("admin")).toBe("PermissionDenied WRONG_COMPONENT");
  });
});

describe("the gate comes before the body", () => {
  const path = "/library.v1.LibraryService/Lend";
  const twoMiB = `${" ".repeat(2 * 1024 * 1024)}{`;

  test("a refused call is answered although its body never comes", async () => {
    const announced = { ...json, "content-length": 2 * 1024 * 1024 };
    const { status } = await beginCall(server.url, path, announced).answer;
    expect(status).toBe(401);
  });

  test("a refused body of 2 MiB is not parsed", async () => {
    const refused = beginCall(server.url, path, json);
    refused.send(twoMiB);
    expect(await refused.answer).toMatchObject({ status: 401 });
    const allowed = beginCall(server.url, path, { ...json, "x-caller": "editor" });
    allowed.send(twoMiB);
    expect(await allowed.answer).toMatchObject({ status: 400 }); // the same body, parsed
  });

  const messages: Readonly<Record<string, (library: Library) => Promise<unknown>>> = {
    client_streaming: (library) => library.import(endless({})),
    bidi_streaming: async (library) => {
      for await (const _ of library.scan(endless({ isbn: "1" })));
    },
  };

  test.each(
    Object.entries(messages).flatMap(([kind, call]) =>
      protocols.map((protocol) => ({ kind, protocol, call })),
    ),
  )("a refused $kind call over $protocol ends although its messages do not", async (row) => {
    const call = row.call(server.client(row.protocol, "viewer"));
    expect(await verdict(call)).toBe("PermissionDenied ROLE_TOO_LOW");
  });
});

async function* endless<T>(message: T): AsyncGenerator<T> {
  yield message;
  await new Promise(() => {});
}

describe("every decision is told", () => {
  test("with caller, rule and reason, and frozen", async () => {
    server.decisions.length = 0;
    await verdict(server.client("grpc-web", "viewer").lend({}));
    await verdict(server.client("connect", "editor").lend({}));
    expect(server.decisions).toMatchObject([
      {
        procedure: "/library.v1.LibraryService/Lend",
        protocol: "grpc-web",
        principal: callers["viewer"],
        rule: { minRole: Role.EDITOR },
        decision: { allowed: false, reason: "ROLE_TOO_LOW" },
      },
      { protocol: "connect", principal: callers["editor"], decision: { allowed: true } },
    ]);
    const frozen = server.decisions.flatMap((call) => [call, call.principal]);
    expect(frozen.every(Object.isFrozen)).toBe(true);
  });

  test("a bad credential with the detail that the caller does not see", async () => {
    server.decisions.length = 0;
    await verdict(server.client("connect", "mallory").lend({}));
    expect(server.decisions).toMatchObject([
      {
        principal: undefined,
        decision: { allowed: false, reason: "BAD_CREDENTIAL" },
        detail: "unknown_name",
      },
    ]);
  });

  test("nothing went wrong in any of this", () => {
    expect(server.errors).toEqual([]);
  });
});
