// A client that is not ours, in another language: buf curl, over all three protocols, as each identity.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { protocols, startWorld, type Caller, credentials, type World } from "../world/server.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const names = { connect: "connect", grpc: "grpc", "grpc-web": "grpcweb" } as const;

/** What buf prints: the answer, or the code of the error. */
async function curl(
  method: string,
  { caller, protocol, data = {} }: { caller: Caller; protocol: keyof typeof names; data?: object },
): Promise<unknown> {
  const headers = Object.entries(credentials(caller, "POST"));
  const common = "curl --schema proto --schema third_party --http2-prior-knowledge".split(" ");
  const args = [
    ...common,
    ...headers.flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
    ...`--protocol ${names[protocol]} -d`.split(" "),
    JSON.stringify(data),
    `${world.url}/${method}`,
  ];
  const buf = join(root, "node_modules/@bufbuild/buf/bin/buf");
  const { stdout, stderr } = await run(process.execPath, [buf, ...args], { cwd: root }).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  return JSON.parse(stdout || stderr);
}

describe.each(protocols)("%s", (protocol) => {
  test.each([
    ["anonymous", { code: "unauthenticated" }],
    ["bad", { code: "unauthenticated" }],
    ["nobody", { code: "permission_denied" }],
    ["view", { code: "permission_denied" }],
    ["edit", { code: "permission_denied" }],
    ["admin", { partition: { id: `from-${protocol}` } }],
  ] as const)("creates a partition as %s only with the role for it", async (caller, answer) => {
    const data = { partition: { id: `from-${protocol}` } };
    const method = "metal.v1.PartitionService/Create";
    expect(await curl(method, { caller, protocol, data })).toMatchObject(answer);
  });

  test("reads what was created, as a viewer", async () => {
    const data = { id: `from-${protocol}` };
    const method = "metal.v1.PartitionService/Get";
    const answer = await curl(method, { caller: "view", protocol, data });
    expect(answer).toMatchObject({ partition: data });
  });

  test("is told in details why it is refused", async () => {
    const method = "metal.v1.PartitionService/Create";
    const refused = await curl(method, { caller: "view", protocol });
    const { details } = refused as { details: { type: string; value: string }[] };
    expect(details.map(({ type }) => type)).toEqual(["google.rpc.ErrorInfo"]);
    const facts = Buffer.from(details[0]?.value ?? "", "base64").toString();
    expect(facts).toContain("ROLE_TOO_LOW");
    expect(facts).toContain("proto/metal/v1/partition.proto:");
  });
});
