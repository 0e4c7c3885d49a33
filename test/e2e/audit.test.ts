// A process that copies its audit to a file and signs it goes on with both when it is started again.
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { proofOfLines } from "../audit/proof.ts";
import { type RunningServer, startServer } from "./process.ts";

let folder: string;
let server: RunningServer;
const keys = generateKeyPairSync("ed25519");
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "metal-audit-"));
  const key = join(folder, "key.pem");
  writeFileSync(key, keys.privateKey.export({ type: "pkcs8", format: "pem" }));
  const sink = ["--audit-file", join(folder, "audit.jsonl")];
  server = await startServer([...sink, "--audit-signing-key-file", key]);
});
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true });
});

/** The lines of the file, when they hold so many records. */
async function linesWith(records: number): Promise<string[]> {
  const path = join(folder, "audit.jsonl");
  for (;;) {
    const lines = existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
    const isWhole = lines.at(-1)?.startsWith('{"seal"') === true;
    if (isWhole && lines.filter((line) => line.startsWith('{"record"')).length >= records)
      return lines;
    await pause(50);
  }
}

/** A call that is refused, and recorded. */
const refused = () =>
  fetch(`${server.url}/metal.v1.ImageService/List`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });

test("copies are whole, in order and signed, across a restart", async () => {
  expect((await refused()).status).toBe(401);
  await linesWith(1);
  expect(await server.end("SIGTERM")).toBe(0);
  server = await server.again();
  await refused();
  const publicKeys = [keys.publicKey.export({ type: "spki", format: "pem" }).toString()];
  expect(proofOfLines(await linesWith(2), { publicKeys })).toMatchObject({
    findings: [],
    records: 2,
  });
});
