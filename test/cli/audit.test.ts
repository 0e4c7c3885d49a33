// From calls to a proof on another machine: export, verify, and what is told of a database that somebody wrote to.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { PartitionService } from "../../gen/metal/v1/partition_pb.ts";
import { sealAudit } from "../../src/audit/seal.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { appendAudit, audit } from "../store/sample.ts";
import { startWorld, users, type World } from "../world/server.ts";
import { openTerminal, type Outcome, type Terminal } from "./terminal.ts";

let world: World;
let terminal: Terminal;
let exported = "";
beforeAll(async () => {
  world = await startWorld();
  terminal = await openTerminal();
  expect((await metal("audit head")).err).toContain("nothing was sealed yet");
  for (const id of ["a", "b", "c"]) {
    await world.client(PartitionService, "admin").create({ partition: { id } });
    if (id !== "b") await sealAudit({ store: world.store, now: Date.now });
  }
  exported = (await metal("audit export")).out;
});
afterAll(async () => {
  await terminal.close();
  await world.close();
});

function metal(line: string, user: keyof typeof users = "view"): Promise<Outcome> {
  const { type, keys } = users[user];
  const env = {
    METAL_API_URL: world.url,
    METAL_API_HMAC: keys[0]?.secret ?? "",
    METAL_API_HMAC_AUTH_TYPE: type,
  };
  return terminal.metal(line, { env, now: () => new Date() });
}

const verify = async (text: string, flags = "") => {
  const file = await terminal.file("audit.jsonl", text);
  return terminal.metal(`audit verify ${file} ${flags}`.trim());
};

describe("metal audit export", () => {
  test("prints a line for each record and seal, which nobody needs a server to verify", async () => {
    const lines = exported.trimEnd().split("\n");
    expect(lines.map((line) => Object.keys(JSON.parse(line) as object))).toEqual(
      ["record", "seal", "record", "record", "seal"].map((kind) => [kind]),
    );
    const { code, out, err } = await verify(exported);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(
      /^seals {4}1 to 2, .*\nrecords {2}3, as they were sealed\nhead {5}2:[0-9a-f]{64}\n$/,
    );
  });

  test("goes on after a seal", async () => {
    const { out } = await metal("audit export --after 1");
    expect(exported.endsWith(out)).toBe(true);
    expect(out.trimEnd().split("\n")).toHaveLength(3);
    expect((await metal("audit export --after 9")).out).toBe("");
  });

  test("is refused to who has no role", async () => {
    expect((await metal("audit export", "nobody")).code).toBe(3);
  });
});

describe("metal audit verify", () => {
  test("reads the database itself, and finds who wrote to it", async () => {
    const folder = join(terminal.folder, "data");
    const store = await openSqliteStore(folder);
    await appendAudit(store, [audit(1), audit(2, { principal: "hmac:Somebody" })]);
    await sealAudit({ store, now: Date.now });
    expect((await terminal.metal("audit verify data/metal.sqlite")).code).toBe(0);
    await store.close();
    const db = new DatabaseSync(join(folder, "metal.sqlite"));
    db.exec("drop trigger audit_update");
    db.exec("update audit set body = (select body from audit where principal = '')");
    db.close();
    expect(await terminal.metal("audit verify data/metal.sqlite")).toMatchObject({
      code: 1,
      out: expect.stringContaining(`record ${audit(2).traceId} of seal 1 `),
    });
  });

  test("compares with the head that `audit head` told", async () => {
    const { out } = await metal("audit head -o json");
    const { seal } = JSON.parse(out) as { seal: { number: number; hash: string } };
    const head = `--head ${seal.number}:${seal.hash}`;
    expect((await verify(exported, head)).code).toBe(0);
    const cut = exported.split("\n").slice(0, 2).join("\n");
    expect(await verify(cut)).toMatchObject({ code: 0 });
    expect(await verify(cut, head)).toMatchObject({
      code: 1,
      out: expect.stringContaining("truncated   the chain ends with seal 1, and seal 2 was noted"),
      err: "1 fault: this is not what was sealed\n",
    });
  });

  test("names the record that was altered", async () => {
    const [record = ""] = exported.split("\n");
    const { traceId } = (JSON.parse(record) as { record: { traceId: string } }).record;
    const altered = exported.replace("hmac:Metal-Admin", "hmac:Metal-View");
    expect(await verify(altered)).toMatchObject({
      code: 1,
      out: expect.stringContaining(`altered     record ${traceId} of seal 1 was altered\n`),
    });
  });

  test("takes several files in any order, also ones that overlap, and standard input", async () => {
    const lines = exported.split("\n");
    await terminal.file("old.jsonl", lines.slice(0, 2).join("\n"));
    await terminal.file("new.jsonl", lines.slice(2).join("\n"));
    const { code } = await terminal.metal("audit verify new.jsonl - old.jsonl", {
      readStdin: async () => exported,
    });
    expect(code).toBe(0);
  });

  const wrong: readonly (readonly [line: string, code: number, err: string])[] = [
    ["audit verify none.jsonl", 1, "cannot read none.jsonl"],
    ["audit verify", 2, "missing required argument 'file'"],
    ["audit verify x --head 12", 2, "It must be NUMBER:HASH"],
    ["audit verify x --public-key none.pem", 1, "--public-key: "],
  ];
  test.each(wrong)("%s is an error", async (line, code, err) => {
    expect(await terminal.metal(line)).toMatchObject({ code, err: expect.stringContaining(err) });
  });
});
