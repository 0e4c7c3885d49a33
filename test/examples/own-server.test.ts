// The kit in a server that is not ours: who gets in, that a forgotten rule stops the build, and that what is
// committed is what its protos say.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { LibraryService } from "../../examples/own-server/gen/library/v1/library_pb.ts";
import { createLibraryServer } from "../../examples/own-server/server.ts";
import { collect, several, verdict } from "../rbac/library.ts";

const root = join(import.meta.dirname, "../..");
const home = join(root, "examples/own-server");

describe("the server of the example", () => {
  let server: Http2Server;
  let sessions: Http2SessionManager;
  const refusals = jest.spyOn(console, "error").mockImplementation(() => {});
  beforeAll(async () => {
    server = createLibraryServer();
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    sessions = new Http2SessionManager(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    );
  });
  afterAll(async () => {
    refusals.mockRestore();
    sessions.abort();
    await new Promise((done) => server.close(done));
  });

  const as = (key?: string) => {
    const sign: Interceptor = (next) => (request) => {
      if (key !== undefined) request.header.set("x-api-key", key);
      return next(request);
    };
    const baseUrl = sessions.authority;
    return createClient(
      LibraryService,
      createGrpcTransport({ baseUrl, sessionManager: sessions, interceptors: [sign] }),
    );
  };
  const isbn = "978-0201633610";
  const loan = { isbn, borrower: "Ada" };

  test("answers everybody what is public, but no unknown key", async () => {
    expect((await as().search({ title: "Design" })).books).toMatchObject([{ isbn }]);
    expect(await verdict(as("guessed").search({}))).toBe("Unauthenticated BAD_CREDENTIAL");
  });

  test("refuses anonymous callers and roles that are too low, on unary calls and streams", async () => {
    const calls = (key?: string) => [
      as(key).lend(loan),
      collect(as(key).scan(several([{ isbn }]))),
      as(key).import(several([{}])),
      collect(as(key).listBorrowers({ reason: "stocktaking" })),
    ];
    const verdicts = async (key?: string) => new Set(await Promise.all(calls(key).map(verdict)));
    expect(await verdicts()).toEqual(new Set(["Unauthenticated NO_CREDENTIAL"]));
    expect(await verdicts("reader-key")).toEqual(new Set(["PermissionDenied ROLE_TOO_LOW"]));
    expect(await verdicts("director-key")).toEqual(new Set(["allowed"]));
  });

  test("shows a loan to whoever watches", async () => {
    const leave = new AbortController();
    const watching = as("reader-key").watchLoans({}, { signal: leave.signal });
    const first = watching[Symbol.asyncIterator]().next();
    const lending = setInterval(() => void as("librarian-key").lend(loan), 20);
    expect((await first).value).toMatchObject({ isbn });
    clearInterval(lending);
    leave.abort();
  });

  test("takes books back from the box alone", async () => {
    expect(await verdict(as("director-key").giveBack({ isbn }))).toBe(
      "PermissionDenied WRONG_COMPONENT",
    );
    expect(await verdict(as("box-key").giveBack({ isbn }))).toBe("allowed");
  });

  test("knows every caller, whatever the role", async () => {
    expect(await as("librarian-key").whoAmI({})).toMatchObject({
      id: "desk:librarian",
      role: "Editor",
    });
    expect(await verdict(as().whoAmI({}))).toBe("Unauthenticated NO_CREDENTIAL");
  });

  test("discards a book for a reason", async () => {
    const discard = (reason: string) => verdict(as("director-key").discard({ isbn, reason }));
    expect(await discard("because")).toMatch(/^InvalidArgument reason/);
    expect(await discard("water damage")).toBe("allowed");
    expect((await as().search({ title: "Design" })).books).toEqual([]);
  });
});

describe("its generated code", () => {
  const copy = mkdtempSync(join(tmpdir(), "own-server-"));
  afterAll(() => rmSync(copy, { recursive: true, force: true }));
  const library = join(copy, "proto/library/v1/library.proto");

  /** Runs the example's own settings in a copy, with the plugin where it is. */
  const generate = () => {
    const path = `${join(root, "node_modules/.bin")}:${process.env["PATH"]}`;
    const buf = join(root, "node_modules/@bufbuild/buf/bin/buf");
    return spawnSync(process.execPath, [buf, "generate"], {
      cwd: copy,
      env: { ...process.env, PATH: path },
      encoding: "utf8",
    });
  };

  beforeAll(() => {
    cpSync(home, copy, { recursive: true });
    const settings = readFileSync(join(copy, "buf.gen.yaml"), "utf8");
    const plugin = join(root, "src/rbac/plugin/main.ts");
    writeFileSync(
      join(copy, "buf.gen.yaml"),
      settings.replace("../../src/rbac/plugin/main.ts", plugin),
    );
  });

  test("is what its protos say", () => {
    rmSync(join(copy, "gen"), { recursive: true });
    expect(generate()).toMatchObject({ status: 0, stderr: "" });
    expect(contents(join(copy, "gen"))).toEqual(contents(join(home, "gen")));
  });

  test("is not written if an RPC has no rule", () => {
    const before = contents(join(copy, "gen"));
    const text = readFileSync(library, "utf8");
    const forgotten = "  rpc Burn(DiscardRequest) returns (DiscardResponse);\n";
    const service = "service LibraryService {\n";
    writeFileSync(library, text.replace(service, service + forgotten));
    const { status, stderr } = generate();
    expect(status).not.toBe(0);
    expect(stderr).toMatch(
      /proto\/library\/v1\/library\.proto:\d+:3: rpc library\.v1\.LibraryService\/Burn: has no role/,
    );
    expect(contents(join(copy, "gen"))).toEqual(before);
  });

  test("comes from the options as they are", () => {
    const options = "proto/metal/rbac/v1/rbac.proto";
    expect(readFileSync(join(home, options), "utf8")).toBe(
      readFileSync(join(root, options), "utf8"),
    );
  });
});

test("the example imports nothing of ours but the kit", () => {
  const sources = readdirSync(home).filter((name) => name.endsWith(".ts"));
  const imports = sources.flatMap((name) =>
    [...readFileSync(join(home, name), "utf8").matchAll(/from "(\.\.[^"]*)"/g)].map(
      ([, path]) => path,
    ),
  );
  expect(imports.length).toBeGreaterThan(0);
  expect(imports.filter((path) => !path?.startsWith("../../src/rbac/"))).toEqual([]);
});

function contents(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    files.map((name) => [relative(folder, name), readFileSync(name, "utf8")]),
  );
}
