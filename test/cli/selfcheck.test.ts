// `metal selfcheck authz` against real servers: one that is right, and some that are not.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "@jest/globals";
import { expectedOutcome, type Kind } from "../../src/cli/selfcheck/kind.ts";
import { checkedRpcs, componentsOf } from "../../src/cli/selfcheck/rpc.ts";
import { UserService } from "../../gen/metal/v1/user_pb.ts";
import { rules } from "../../gen/rbac/rules.ts";
import { createSealer } from "../../src/secrets/sealer.ts";
import { decide } from "../../src/rbac/decide.ts";
import { Role, roles } from "../../src/rbac/role.ts";
import type { Procedure, Rule, RuleTable } from "../../src/rbac/rule.ts";
import { silent, startWorld, type World } from "../world/server.ts";
import { openRealTerminal, type RealTerminal } from "./real-terminal.ts";

const secretsKey = "secrets key of tests, 32 bytes or more";
/** As a server has it that is not told otherwise. */
const rates = { failedLogins: { perSecond: 5, burst: 50 } };
const table: RuleTable = rules;

let world: World | undefined;
let terminal: RealTerminal | undefined;
afterEach(async () => {
  await terminal?.close();
  await world?.close();
  [terminal, world] = [undefined, undefined];
});

async function given(options: Parameters<typeof startWorld>[0] = {}) {
  world = await startWorld({ log: silent, ...options });
  terminal = await openRealTerminal(world);
  return { world, terminal };
}

test("finds that every RPC lets in whom its rule admits, runs none, and leaves no key", async () => {
  const { world, terminal } = await given({ sealer: createSealer(secretsKey), rates });
  const before = { name: "selfcheck-viewer", role: Role.VIEWER, owner: "an earlier check" };
  const reason = "a test needs it";
  await world.client(UserService, "admin").create({ ...before, reason });
  const { code, out } = await terminal.metal("selfcheck authz --report report");
  expect(out).toMatch(/ended as the rules say, none otherwise/);
  expect(code).toBe(0);
  const page = await readFile(join(terminal.folder, "report", "authz.md"), "utf8");
  for (const procedure of Object.keys(rules)) expect(page).toContain(`| ${procedure.slice(1)} |`);
  const text = await readFile(join(terminal.folder, "report", "authz.json"), "utf8");
  const { kinds, untested, findings } = JSON.parse(text);
  const names = kinds.map(({ name }: { name: string }) => name);
  const components = ["metal-bmc", "metal-core", "metal-hammer", "pixiecore"];
  expect(names).toEqual([
    "anonymous",
    "authenticated",
    "viewer",
    "editor",
    "admin",
    ...components,
    "bad",
  ]);
  expect(untested).toEqual([]);
  expect(findings.length).toBeGreaterThan(3 * names.length * Object.keys(rules).length * 0.5);
  const kept = await world.store.read.user.list({ limit: 100 });
  expect(kept.flatMap(({ keys }) => keys)).toEqual([]);
  const calls = await world.store.read.audit.list({ where: { refused: false }, limit: 1000 });
  const ran = new Set(calls.map(({ procedure }) => procedure));
  expect([...ran].sort()).toEqual([
    "metal.v1.UserService/Create",
    "metal.v1.UserService/Revoke",
    "metal.v1.UserService/Rotate",
  ]);
}, 300_000);

test("makes do with the identities at hand, and says which kinds it could not test", async () => {
  const { terminal } = await given();
  const { code, out } = await terminal.metal("selfcheck authz");
  expect(code).toBe(0);
  expect(out).toContain("not tested: metal-core, because no identity could be made");
  expect(out).toContain("not tested: authenticated");
  expect(out).not.toContain("not tested: admin");
}, 300_000);

test("refuses to go on with a server that would run handlers", async () => {
  const { terminal } = await given();
  const { createServer } = await import("node:http");
  const bold = createServer((_, response) => {
    response.setHeader("content-type", "application/json");
    response.end("{}");
  });
  await new Promise<void>((done) => bold.listen(0, "127.0.0.1", done));
  const address = bold.address();
  const port = typeof address === "object" ? address?.port : 0;
  const url = `http://127.0.0.1:${port}`;
  const key = "k".repeat(40);
  const outcome = await terminal.metal(
    `selfcheck authz --api-url ${url} --hmac ${key} --hmac-auth-type Metal-Admin`,
  );
  await new Promise((done) => bold.close(done));
  expect(outcome.code).toBe(1);
}, 60_000);

test("expects what the decision of the server is made by, without asking it", () => {
  const rpcs = checkedRpcs();
  const marks = ["", ...componentsOf(rpcs)];
  const wrong: string[] = [];
  for (const rpc of rpcs)
    for (const role of roles.filter((one) => one >= Role.AUTHENTICATED))
      for (const component of marks)
        for (const limitedTo of [[], [rpc.procedure], ["a.B/C"]]) {
          const procedure = `/${rpc.procedure}` as Procedure;
          const identity = { role, component, limitedTo };
          const kind: Kind = {
            name: "x",
            credential: { kind: "hmac", type: "x", key: "" },
            identity,
          };
          const principal = {
            id: "x",
            name: "x",
            role,
            component,
            credential: { kind: "hmac", label: "" },
            ...(limitedTo.length > 0 && {
              procedures: new Set(limitedTo.map((name) => `/${name}` as Procedure)),
            }),
          };
          const decision = decide(table[procedure] as Rule, principal, procedure);
          const expected = decision.allowed ? "DRY_RUN" : decision.reason;
          const outcome = expectedOutcome(rpc, kind);
          if (outcome !== expected)
            wrong.push(`${procedure} ${role} ${component}: ${outcome}, not ${expected}`);
        }
  expect(wrong).toEqual([]);
});
