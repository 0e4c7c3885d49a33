// What a refused caller is told: the same facts over every protocol, and none that are nobody's business.
import { Code, ConnectError } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import type { Call } from "../../src/rbac/call.ts";
import type { RefusalReason } from "../../src/rbac/decide.ts";
import { notDecided, refusal, refusalWord } from "../../src/rbac/refusal.ts";
import { Role } from "../../src/rbac/role.ts";
import {
  callers,
  collect,
  errorOf,
  everythingIn,
  kinds,
  type Library,
  principal,
  protocols,
  type Running,
  start,
} from "./library.ts";

const facts = (error: ConnectError) => {
  const [info] = error.findDetails(ErrorInfoSchema);
  const { trace_id: traceId, ...metadata } = info?.metadata ?? {};
  return { reason: info?.reason, domain: info?.domain, traceId, metadata };
};

const call: Call = {
  traceId: "0123456789abcdef0123456789abcdef",
  startedAt: new Date(0),
  protocol: "grpc",
  procedure: "/library.v1.LibraryService/GiveBack",
  rule: {
    minRole: Role.EDITOR,
    kind: "unary",
    read: false,
    audit: "full",
    auditBecause: "",
    reason: false,
    components: ["gate", "box"],
    scope: "",
    source: "proto/library/v1/library.proto:34",
  },
  principal: principal("reader", { role: Role.VIEWER, email: "reader@example.org" }),
  decision: { allowed: false, reason: "ROLE_TOO_LOW" },
  detail: "a detail for the audit",
  messageChecks: [],
};

const ruleFacts = {
  procedure: "library.v1.LibraryService/GiveBack",
  required_role: "Editor",
  rule: "proto/library/v1/library.proto:34",
};
const callerFacts = {
  principal: "test:reader",
  held_role: "Viewer",
  credential: "name of reader",
  components: "gate,box",
};

type Sentence = readonly [RefusalReason, Code, string];

const sentences: readonly Sentence[] = [
  ["NO_RULE", Code.PermissionDenied, "library.v1.LibraryService/GiveBack has no rule"],
  [
    "NO_CREDENTIAL",
    Code.Unauthenticated,
    "library.v1.LibraryService/GiveBack needs role Editor, and no credentials were presented",
  ],
  ["BAD_CREDENTIAL", Code.Unauthenticated, "invalid credentials"],
  [
    "ROLE_TOO_LOW",
    Code.PermissionDenied,
    "library.v1.LibraryService/GiveBack needs role Editor, you have Viewer",
  ],
  [
    "WRONG_COMPONENT",
    Code.PermissionDenied,
    "library.v1.LibraryService/GiveBack is limited to identities of gate, box",
  ],
  [
    "WRONG_MACHINE",
    Code.PermissionDenied,
    "the identity speaks for another machine, and only for that",
  ],
  ["CREDENTIAL_ENDED", Code.Unauthenticated, "the credential has ended"],
  ["SHUTTING_DOWN", Code.Unavailable, "the server is shutting down"],
  ["CALL_ENDED", Code.Unavailable, "the call ended before it was decided"],
  ["UNDECIDABLE", Code.Unavailable, "credentials cannot be checked at the moment"],
];

describe.each(sentences)("%s", (reason, code, sentence) => {
  test("has a code, a sentence and its name in the details", () => {
    const error = refusal(call, reason);
    expect([error.code, error.rawMessage]).toEqual([code, sentence]);
    expect(refusalWord(reason)).toBe(codeToString(code));
    expect(facts(error)).toMatchObject({ reason, domain: "metal-connect", traceId: call.traceId });
  });

  test("keeps the detail for the audit, and labels of the caller, to itself", () => {
    const told = everythingIn(refusal(call, reason));
    expect(told).toContain(reason);
    expect(told).not.toContain(call.detail);
    expect(told).not.toContain("example.org");
  });
});

describe("the facts of a refusal", () => {
  test("name rule and caller", () => {
    expect(facts(refusal(call, "ROLE_TOO_LOW")).metadata).toEqual({ ...ruleFacts, ...callerFacts });
  });

  test("tell an anonymous caller of no component, and of no credential that would do", () => {
    const anonymous = { ...call, principal: undefined };
    expect(facts(refusal(anonymous, "NO_CREDENTIAL")).metadata).toEqual(ruleFacts);
  });

  test("tell whoever presents a bad credential nothing about whose it is", () => {
    expect(facts(refusal(call, "BAD_CREDENTIAL")).metadata).toEqual(ruleFacts);
  });

  test("leave out what is not there", () => {
    const { rule: _, ...rest } = ruleFacts;
    const noRule = { ...call, rule: undefined, principal: undefined };
    expect(facts(refusal(noRule, "NO_RULE")).metadata).toEqual({ procedure: rest.procedure });
  });
});

test("a call that no gate decided on fails without facts", () => {
  const { code, rawMessage, details } = notDecided();
  expect([code, rawMessage, details]).toEqual([Code.Internal, "authorization did not run", []]);
});

describe("on the wire", () => {
  let server: Running;
  beforeAll(async () => {
    server = await start({
      implementation: {
        lend: () => {
          throw new Error("password=hunter2");
        },
        async *watchLoans() {
          yield { isbn: "1" };
          throw new Error("password=hunter2");
        },
      },
    });
  });
  afterAll(() => server.close());

  const refused: readonly { caller: string | undefined; call: (_: Library) => Promise<unknown> }[] =
    [
      { caller: undefined, call: kinds.unary },
      { caller: undefined, call: kinds.bidi_streaming },
      { caller: "mallory", call: kinds.unary },
      { caller: "viewer", call: kinds.unary },
      { caller: "viewer", call: kinds.client_streaming },
      { caller: "nobody", call: kinds.server_streaming },
      { caller: "admin", call: (library) => library.giveBack({}) },
    ];

  test.each(refused)("a refusal of $caller is the same over every protocol", async (row) => {
    const errors = await Promise.all(
      protocols.map((protocol) => errorOf(row.call(server.client(protocol, row.caller)))),
    );
    const said = errors.map((error) => {
      const { traceId: _, ...rest } = facts(error);
      return { code: error.code, message: error.rawMessage, ...rest };
    });
    expect(said[0]?.reason).toMatch(/^[A-Z_]+$/);
    expect(said).toEqual([said[0], said[0], said[0]]);
  });

  test.each(protocols)(
    "a refusal over %s carries one trace id, in header and details",
    async (p) => {
      const errors = await Promise.all(
        refused.map(({ caller, call: made }) => errorOf(made(server.client(p, caller)))),
      );
      const ids = errors.map((error) => [error.metadata.get("trace-id"), facts(error).traceId]);
      expect(ids.every(([header, detail]) => header === detail)).toBe(true);
      expect(ids.flat().every((id) => /^[0-9a-f]{32}$/.test(id ?? ""))).toBe(true);
      expect(new Set(ids.flat()).size).toBe(refused.length);
    },
  );

  test.each(protocols)("an answer over %s carries the trace id, too", async (protocol) => {
    server.decisions.length = 0;
    const headers: Headers[] = [];
    const onHeader = (header: Headers) => void headers.push(header);
    const library = server.client(protocol, "editor");
    await library.search({}, { onHeader });
    await collect(library.scan((async function* () {})(), { onHeader }));
    const ids = headers.map((header) => header.get("trace-id"));
    expect(ids).toEqual(server.decisions.map(({ traceId }) => traceId));
    expect(ids).toHaveLength(2);
  });

  test.each(protocols)("an error that nobody meant keeps its text, over %s", async (protocol) => {
    const library = server.client(protocol, "editor");
    const errors = await Promise.all([
      errorOf(library.lend({})),
      errorOf(collect(library.watchLoans({}))),
    ]);
    const said = errors.map(({ code, rawMessage }) => [code, rawMessage]);
    expect(said).toEqual(errors.map(() => [Code.Internal, "internal error"]));
    expect(errors.map(everythingIn).join()).not.toContain("hunter2");
  });

  test("the callers of this test are who it says", () => {
    expect(callers["mallory"]).toBeUndefined();
    expect(callers["viewer"]?.role).toBe(Role.VIEWER);
  });
});
