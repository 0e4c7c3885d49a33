// What is said when a call fails.
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { SizeSchema } from "../../gen/metal/v1/size_pb.ts";
import { keys, type MemoryServer, startServer } from "./memory-server.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

let server: MemoryServer;
let terminal: Terminal;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server.stop());
beforeEach(async () => void (terminal = await openTerminal(server, "Metal-View")));
afterEach(() => terminal.close());

describe("a refusal has four lines and status 3", () => {
  test("for a role that is too low", async () => {
    expect(await terminal.metal("size create --id x")).toEqual({
      code: 3,
      out: "",
      err: [
        "refused: metal.v1.SizeService/Create needs role Admin; the caller's role is too low",
        "caller: hmac:Metal-View with role Viewer, identified by HMAC key of Metal-View (sent: environment METAL_API_HMAC)",
        "rule: proto/metal/v1/thing.proto:31",
        "trace id: trace-1",
        "",
      ].join("\n"),
    });
  });

  test("for nobody", async () => {
    const { code, err } = await terminal.metal("size list", { env: { METAL_API_URL: server.url } });
    expect([code, err.trimEnd().split("\n")]).toEqual([
      3,
      [
        "refused: metal.v1.SizeService/List needs role Viewer; no credential was sent",
        "caller: not identified (nothing was sent)",
        "rule: proto/metal/v1/size.proto, above List",
        "trace id: trace-1",
      ],
    ]);
  });

  test("for a credential that is not accepted, which is not shown", async () => {
    const key = "wrong".repeat(8);
    const { code, err } = await terminal.metal(
      `size list --hmac ${key} --hmac-auth-type Metal-View`,
    );
    const lines = err.trimEnd().split("\n");
    expect([code, lines.length]).toEqual([3, 4]);
    expect(lines[0]).toMatch(/needs role Viewer; the credential was not accepted$/);
    expect(lines[1]).toBe("caller: not identified (sent: flag --hmac)");
    expect(err).not.toContain(key);
  });

  test.each([
    ["no details at all", []],
    [
      "a reason without facts",
      [{ desc: ErrorInfoSchema, value: { reason: "WRONG_COMPONENT", domain: "metal-connect" } }],
    ],
    [
      "facts that try to add lines",
      [
        {
          desc: ErrorInfoSchema,
          value: {
            reason: "NO_RULE",
            metadata: { principal: "a\nb", trace_id: "\u001b[2J", components: "x,y" },
          },
        },
      ],
    ],
  ])("also with %s", async (_, details) => {
    server.fail(
      "size/Get",
      new ConnectError("you\nshall not pass", Code.PermissionDenied, {}, details),
    );
    const { code, err } = await terminal.metal("size get x");
    expect(code).toBe(3);
    expect(err.trimEnd().split("\n")).toHaveLength(4);
    expect(err).not.toContain("\u001b");
  });
});

describe("other failures are one sentence and status 1", () => {
  test.each([
    ["size get x", 'size "x": no size "x" (not_found)\n'],
    ["user get-me", "user get-me: HTTP 404 (unimplemented)\n"],
  ])("%s", async (line, expected) => {
    const { code, err } = await terminal.metal(line);
    expect([code, err]).toEqual([1, expected]);
  });

  test.each([
    [Code.FailedPrecondition, "failed_precondition"],
    [Code.Internal, "internal"],
    [Code.Unavailable, "unavailable"],
    [Code.DeadlineExceeded, "deadline_exceeded"],
  ])("code %d is called %s", async (code, word) => {
    server.fail("size/Get", new ConnectError("not now", code));
    expect((await terminal.metal("size get x")).err).toBe(`size "x": not now (${word})\n`);
  });

  test("what is wrong with a request is listed, by the names that files have", async () => {
    const admin = await openTerminal(server);
    server.tenant.all.clear();
    const { code, err } = await admin.metal(
      "tenant create --id acme --annotations =x --iam-config-group-config-namespace-max-length -4",
    );
    expect([code, err]).toEqual([2, expect.stringContaining('"=x" is not of the form key=value')]);
    const file = await admin.file(
      "t.yaml",
      "meta: {id: acme, apiversion: v2, annotations: {'': x}}\niam_config: {group_config: {namespace_max_length: -4}}\n",
    );
    const lines = (await admin.metal(`tenant create -f ${file}`)).err.trimEnd().split("\n");
    expect(lines).toEqual([
      't.yaml: document 1: tenant "acme": the server does not accept it (invalid_argument)',
      expect.stringMatching(/ {3}tenant\.meta\.apiversion: /),
      expect.stringMatching(/ {3}tenant\.meta\.annotations\[""\]: /),
      expect.stringMatching(/ {3}tenant\.iam_config\.group_config\.namespace_max_length: /),
    ]);
    await admin.close();
  });

  test("a server that is not there is named, with what to do", async () => {
    const gone = await startServer();
    await gone.stop();
    const { code, err } = await terminal.metal(`size list --api-url ${gone.url}`);
    const [first, second] = err.split("\n");
    expect(code).toBe(1);
    expect(first).toBe(`cannot reach ${gone.url} (--api-url): nothing listens there`);
    expect(second).toMatch(/npm start.*--api-url, METAL_API_URL or `metal context add`/);
  });

  test("an answer that takes too long is given up", async () => {
    server.size.insert(create(SizeSchema, { id: "slow" }));
    const { code, err } = await terminal.metal("size get slow --timeout 0.0001ms");
    expect([code, err]).toEqual([1, expect.stringContaining("(deadline_exceeded)")]);
  });
});

test("no key ever reaches an output", async () => {
  for (const line of ["size list", "size create --id x", "whoami", "whoami -o json", "health"]) {
    const { out, err } = await terminal.metal(line);
    for (const key of Object.values(keys)) expect(out + err).not.toContain(key);
  }
});
