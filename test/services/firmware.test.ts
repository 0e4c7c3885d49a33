import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { MachineBMCRecordSchema } from "../../gen/metal/store/v1/machine_pb.ts";
import {
  FirmwareKind,
  FirmwareService,
  type FirmwareServiceUploadRequestSchema,
} from "../../gen/metal/v1/firmware_pb.ts";
import { BmcCommandType } from "../../gen/metal/v1/bmc_command_pb.ts";
import { MachineSchema, MachineService } from "../../gen/metal/v1/machine_pb.ts";
import { type FirmwareFolder, openFirmwareFolder } from "../../src/firmware/folder.ts";
import { bmcClient, bmcRecord, bmcUser, keepMachines, openWatch } from "../world/bmc.ts";
import { failure } from "../world/failure.ts";
import { machineId } from "../world/machines.ts";
import { startWorld, users, type World } from "../world/server.ts";

const { BIOS, BMC, UNSPECIFIED } = FirmwareKind;
const limit = 5_000_000;

let folder: string;
let store: FirmwareFolder;
let world: World;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "metal-firmware-"));
  store = await openFirmwareFolder({ folder, baseUrl: () => world.url });
  const everyone = [...Object.values(users), bmcUser];
  world = await startWorld({ firmware: store, firmwareLimit: limit, users: everyone });
  await keepMachine(101, { boardMfg: "ACME", boardPartNumber: "b1" });
});
afterEach(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
});

async function keepMachine(n: number, fru: object = {}): Promise<void> {
  const id = machineId(n);
  await world.store.transaction(async (tx) => {
    await tx.machine.insert(create(MachineSchema, { id, bios: { version: "1.0" } }));
    const bmc = { bmcVersion: "2.0", fru };
    await tx.machineBmc.insert(create(MachineBMCRecordSchema, { id, bmc }));
  });
}

const admin = () => world.client(FirmwareService, "admin");
const header = { kind: BIOS, vendor: "Acme", board: "B1", revision: "1.1" };
const sha256Of = (texts: readonly string[]) =>
  createHash("sha256").update(texts.join("")).digest("hex");

type Part = MessageInitShape<typeof FirmwareServiceUploadRequestSchema>;

async function* partsOf(texts: readonly string[], announced: object): AsyncGenerator<Part> {
  const size = BigInt(Buffer.byteLength(texts.join("")));
  const value = { ...header, size, sha256: sha256Of(texts), ...announced };
  yield { part: { case: "header", value } };
  for (const text of texts) yield { part: { case: "chunk", value: Buffer.from(text) } };
}

const upload = (texts: readonly string[], announced: object = {}) =>
  admin().upload(partsOf(texts, announced));
const list = async (request: object = {}) =>
  (await admin().list(request)).firmwares.map(
    ({ kind, vendor, board, revision }) => `${kind} ${vendor} ${board} ${revision}`,
  );

describe("an upload", () => {
  test("is kept under the name of its board, whatever the case", async () => {
    const { firmware } = await upload(["one ", "two"], {
      sha256: sha256Of(["one two"]).toUpperCase(),
    });
    expect(firmware).toMatchObject({
      kind: BIOS,
      vendor: "acme",
      board: "B1",
      revision: "1.1",
      size: 7n,
      sha256: sha256Of(["one two"]),
      installed: false,
    });
    expect((await admin().list({})).firmwares).toMatchObject([{ revision: "1.1", size: 7n }]);
  });

  test("is loaded by who has its URL, from the same port, without a credential", async () => {
    const texts = Array.from({ length: 4 }, (_, at) => String(at).repeat(1_000_000));
    await upload(texts);
    const name = { kind: "bios", vendor: "acme", board: "B1", revision: "1.1" } as const;
    const response = await fetch(await store.url(name, 60));
    expect(sha256Of([await response.text()])).toBe(sha256Of(texts));
    expect((await fetch(`${world.url}/firmware/x`)).status).toBe(404);
  });

  test.each<[string, string, object]>([
    ["FailedPrecondition", 'no machine has a board "B9" of "Acme"', { board: "B9" }],
    [
      "InvalidArgument",
      "header.size: 5000001 bytes, at most 5000000 are kept",
      { size: 5_000_001n },
    ],
    ["InvalidArgument", "header.size: 3 bytes were announced, and more came", { size: 3n }],
    ["InvalidArgument", "header.size: 5 bytes were announced, 4 came", { size: 5n }],
    ["InvalidArgument", "header.sha256: what came has", { sha256: "0".repeat(64) }],
    ["InvalidArgument", "sha256", { sha256: "" }],
    ["InvalidArgument", "header.size", { size: 0n }],
    ["InvalidArgument", "header.kind", { kind: UNSPECIFIED }],
    ["InvalidArgument", "header.vendor", { vendor: "../x" }],
    ["InvalidArgument", "header.board", { board: "" }],
    ["InvalidArgument", "header.revision", { revision: ".." }],
  ])("is refused with %s: %s", async (code, text, announced) => {
    const refused = await failure(upload(["four"], announced));
    expect(refused).toMatch(new RegExp(`^${code}: `));
    expect(refused).toContain(text);
    expect(await list()).toEqual([]);
  });

  const chunk = { part: { case: "chunk", value: Buffer.from("x") } } as const;
  test.each<[string, Part[]]>([
    ["without a header", [chunk]],
    ["without anything", []],
    ["with a part that is none", [{}]],
  ])("%s is refused", async (_, parts) => {
    async function* sent() {
      yield* parts;
    }
    expect(await failure(admin().upload(sent()))).toMatch(/^InvalidArgument: part/);
  });

  test("with a second header is refused", async () => {
    async function* sent() {
      yield* partsOf(["four"], { size: 8n });
      yield* partsOf([], { size: 4n });
    }
    expect(await failure(admin().upload(sent()))).toContain("part: there is one header only");
    expect(await list()).toEqual([]);
  });

  test("that its sender gives up is not kept", async () => {
    const abort = new AbortController();
    async function* sent() {
      yield* partsOf(["four"], { size: 8n });
      abort.abort();
    }
    const call = admin().upload(sent(), { signal: abort.signal });
    expect(await failure(call)).toMatch(/^Canceled/);
    expect(await list()).toEqual([]);
  });

  test("replaces what was kept under the name", async () => {
    await upload(["old"]);
    await upload(["newer"]);
    expect((await admin().list({})).firmwares).toMatchObject([{ size: 5n }]);
  });
});

describe("a list", () => {
  beforeEach(async () => {
    await keepMachine(102, { boardMfg: "other", boardPartNumber: "B2" });
    await upload(["x"], { revision: "1.0" });
    await upload(["x"], { revision: "1.1" });
    await upload(["x"], { kind: BMC, revision: "2.0" });
    await upload(["x"], { vendor: "other", board: "b2", revision: "7" });
  });

  test("is ordered by kind, vendor, board and revision, and filtered by all that is given", async () => {
    const all = ["1 acme B1 1.0", "1 acme B1 1.1", "1 other B2 7", "2 acme B1 2.0"];
    expect(await list()).toEqual(all);
    expect(await list({ kind: BMC })).toEqual(["2 acme B1 2.0"]);
    expect(await list({ vendor: "OTHER" })).toEqual(["1 other B2 7"]);
    expect(await list({ vendor: "acme", board: "b1", kind: BIOS })).toEqual(all.slice(0, 2));
    expect(await list({ board: "b9" })).toEqual([]);
  });

  test("comes in pages", async () => {
    const first = await admin().list({ pageSize: 3 });
    const second = await admin().list({ pageSize: 3, pageToken: first.nextPageToken });
    expect([first.firmwares.length, second.firmwares.length, second.nextPageToken]).toEqual([
      3,
      1,
      "",
    ]);
    const wrong = admin().list({ kind: BMC, pageToken: first.nextPageToken });
    expect(await failure(wrong)).toMatch(/^InvalidArgument: page_token/);
  });

  test("for a machine has what is for its board, and says what it has", async () => {
    const { firmwares } = await admin().list({ machineId: machineId(101) });
    expect(firmwares.map(({ revision, installed }) => [revision, installed])).toEqual([
      ["1.0", true],
      ["1.1", false],
      ["2.0", true],
    ]);
  });

  test("for a machine whose board is not known is empty, for one that there is not refused", async () => {
    await keepMachine(103);
    expect(await list({ machineId: machineId(103) })).toEqual([]);
    expect(await failure(list({ machineId: machineId(104) }))).toBe(
      `NotFound: no machine "${machineId(104)}"`,
    );
  });
});

describe("a deletion", () => {
  test("returns what was kept, once", async () => {
    await upload(["x"]);
    const { firmware } = await admin().delete({ ...header, vendor: "ACME" });
    expect(firmware).toMatchObject({ vendor: "acme", revision: "1.1", size: 1n });
    expect(await list()).toEqual([]);
    expect(await failure(admin().delete(header))).toBe(
      'NotFound: no bios firmware "1.1" for board "B1" of "acme"',
    );
  });

  test("of a name that there cannot be finds nothing, and touches nothing", async () => {
    expect(await failure(admin().delete({ ...header, vendor: "../.." }))).toMatch(/^NotFound/);
  });
});

test("what is uploaded reaches the BMC that is to install it, by a URL that metal-bmc is sent", async () => {
  await keepMachines(world.store, 2);
  const record = bmcRecord(machineId(2), "here", {
    fru: { boardMfg: "acme", boardPartNumber: "B1" },
  });
  await world.store.transaction((tx) => tx.machineBmc.update({ ...record, generation: 0n }));
  await upload(["the new firmware"]);
  const machines = world.client(MachineService, "admin");
  const wanted = { id: machineId(2), kind: BIOS, revision: "1.1" };
  const { commandId } = await machines.updateFirmware(wanted);
  const stream = await openWatch(bmcClient(world.url));
  const sent = await stream.next();
  expect(sent).toMatchObject({
    commandId,
    command: BmcCommandType.UPDATE_FIRMWARE,
    firmware: { kind: BIOS, vendor: "acme", board: "B1", revision: "1.1" },
  });
  expect(await (await fetch(sent?.firmware?.url ?? "")).text()).toBe("the new firmware");
  const { lastCommands } = await machines.getBMC({ id: machineId(2) });
  expect(lastCommands[0]?.firmware).toMatchObject({ revision: "1.1", url: "" });
  await stream.close();
});

test("without a store everything is refused, naming the setting", async () => {
  const bare = await startWorld();
  const client = bare.client(FirmwareService, "admin");
  const text =
    "FailedPrecondition: no store for firmware is configured: set data or firmware-s3-endpoint";
  for (const call of [client.list({}), client.delete(header), client.upload(partsOf(["x"], {}))])
    expect(await failure(call)).toBe(text);
  await bare.close();
});

test("uploads and deletions are recorded, without what was uploaded", async () => {
  await upload(["needle in a haystack"]);
  await admin().delete(header);
  expect(await failure(upload(["needle"], { sha256: "0".repeat(64) }))).toMatch(/^Invalid/);
  const records = await world.store.read.audit.list({ where: {}, limit: 100 });
  expect(records.map(({ procedure, code }) => [procedure, code])).toEqual([
    ["metal.v1.FirmwareService/Upload", "invalid_argument"],
    ["metal.v1.FirmwareService/Delete", "ok"],
    ["metal.v1.FirmwareService/Upload", "ok"],
  ]);
  for (const { request } of records)
    expect(request).toMatchObject({ board: "B1", revision: "1.1" });
  expect(JSON.stringify(records.map(({ request }) => request))).not.toContain("needle");
});

test("what cannot be recorded is neither kept nor deleted", async () => {
  await upload(["old"]);
  const { store: records } = world;
  const broken: World["store"] = {
    read: records.read,
    changes: records.changes,
    ping: () => records.ping(),
    close: async () => {},
    transaction: () => Promise.reject(new Error("the disk is full")),
  };
  const other = await startWorld({ firmware: store, firmwareLimit: limit, store: broken });
  const client = other.client(FirmwareService, "admin");
  const another = { revision: "1.2" };
  expect(await failure(client.upload(partsOf(["new"], another)))).not.toBe("no failure");
  expect(await failure(client.delete(header))).not.toBe("no failure");
  await other.close();
  expect(await list()).toEqual([`${BIOS} acme B1 1.1`]);
});
