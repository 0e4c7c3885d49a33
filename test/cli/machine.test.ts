// Machines on the command line: followed until they are of use, watched line by line, and their firmware uploaded.
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, type Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { Command } from "commander";
import { describe, expect, test } from "@jest/globals";
import { FirewallService } from "../../gen/metal/v1/firewall_pb.ts";
import { FirmwareServiceUploadResponseSchema } from "../../gen/metal/v1/firmware_pb.ts";
import {
  type Machine,
  MachineChangeKind,
  MachineInstallationState,
  MachineSchema,
  MachineService,
  type MachineServiceWatchRequest,
  MachineServiceWatchRequestSchema,
  MachineServiceWatchResponseSchema,
} from "../../gen/metal/v1/machine_pb.ts";
import { type Api, type Call, CallError } from "../../src/cli/api.ts";
import { upload } from "../../src/cli/firmware-upload.ts";
import { addKind } from "../../src/cli/kind-command.ts";
import { addMachineCommands } from "../../src/cli/machine-command.ts";
import { installedIn, phonedHome } from "../../src/cli/machine-wait.ts";
import { watchMachines } from "../../src/cli/machine-watch.ts";
import type { Session } from "../../src/cli/session.ts";

const { ADDED, CHANGED, REMOVED, SYNCED } = MachineChangeKind;
const now = new Date("2026-01-15T10:00:00Z");

/** A server whose streams give these messages, each stream once, and what was asked and printed. */
function sessionWith(streams: readonly (readonly (Message | ConnectError)[])[]) {
  const seen = { out: "", err: "", tokens: [] as string[], sent: [] as Message[] };
  const left = [...streams];
  const api: Api = {
    target: () => Promise.reject(new Error("not needed")),
    unary: () => Promise.reject(new Error("not needed")),
    async *stream(call) {
      seen.tokens.push((call.request as MachineServiceWatchRequest).resumeToken);
      for (const message of left.shift() ?? [failing(Code.NotFound)]) {
        if (message instanceof ConnectError) throw callError(call, message);
        yield message;
      }
    },
    async upload(_, requests) {
      for await (const request of requests) seen.sent.push(request);
      return create(FirmwareServiceUploadResponseSchema, { firmware: { board: "kept" } });
    },
  };
  const io = {
    stdout: (text: string) => void (seen.out += text),
    stderr: (text: string) => void (seen.err += text),
    cwd: "/",
    now: () => now,
  } as Session["io"];
  const style: Session["style"] = (format) => ({ format, headers: true, sortBy: "", now });
  return { session: { io, api, style }, seen };
}

const failing = (code: Code) => new ConnectError("away", code);

function callError(call: Call, error: ConnectError): CallError {
  const target = { apiUrl: "u", apiUrlFrom: "f", credentialFor: () => undefined };
  return new CallError(call, error, { target: target as never, found: undefined });
}

const machine = (event: string, values: object = {}): Machine =>
  create(MachineSchema, {
    id: "m1",
    partitionId: "north",
    sizeId: "small",
    allocation: { uuid: "a", projectId: "shop", name: "web" },
    events: { log: [{ event }] },
    ...values,
  });

const change = (kind: MachineChangeKind, of?: Machine, resumeToken = "") =>
  create(MachineServiceWatchResponseSchema, { kind, resumeToken, ...(of && { machine: of }) });

describe("--wait", () => {
  test("tells each new event once and ends when the machine has phoned home", async () => {
    const { session, seen } = sessionWith([
      ["Waiting", "Installing", "Installing", "Booting New Kernel", "Phoned Home", "Alive"].map(
        (event) => change(CHANGED, machine(event)),
      ),
    ]);
    const home = await phonedHome(machine("Waiting"), session);
    expect(home.events?.log[0]?.event).toBe("Phoned Home");
    const told = ["Installing", "Booting New Kernel", "Phoned Home"];
    expect(seen.err).toBe(told.map((event) => `m1  ${event}\n`).join(""));
  });

  test("of a machine that is installed again passes over what its old system still says", async () => {
    const again = { allocation: { uuid: "a", reinstall: true } };
    const { session, seen } = sessionWith([
      [
        change(CHANGED, machine("Planned Reboot", again)),
        change(CHANGED, machine("Phoned Home", again)),
        change(CHANGED, machine("PXE Booting", again)),
        change(CHANGED, machine("Booting New Kernel")),
        change(CHANGED, machine("Phoned Home")),
      ],
    ]);
    await phonedHome(machine("Planned Reboot", again), session);
    const told = ["Phoned Home", "PXE Booting", "Booting New Kernel", "Phoned Home"];
    expect(seen.err).toBe(told.map((event) => `m1  ${event}\n`).join(""));
  });

  test("takes the machine from the answer, whatever that calls it", () => {
    const one = machine("Waiting");
    const answers = [
      [MachineService.method.allocate, { machine: one }],
      [MachineService.method.reinstall, { machine: one, commandId: "c" }],
      [FirewallService.method.allocate, { firewall: one }],
    ] as const;
    for (const [method, values] of answers)
      expect(installedIn(method, create(method.output, values))).toEqual(one);
    const nothing = create(MachineService.method.reinstall.output);
    expect(() => installedIn(MachineService.method.reinstall, nothing)).toThrow("no machine");
  });

  test("is offered where a machine is installed, and nowhere else", () => {
    const offers = [MachineService, FirewallService].flatMap((service) => {
      const kind = addKind(new Command(), service, { stdout() {}, stderr() {} } as never);
      const waiting = kind.commands.filter(({ options }) =>
        options.some(({ long }) => long === "--wait"),
      );
      return waiting.map((command) => `${kind.name()} ${command.name()}`);
    });
    expect(offers).toEqual(["machine allocate", "machine reinstall", "firewall allocate"]);
  });

  test("goes on where it was when the server comes back", async () => {
    const { session, seen } = sessionWith([
      [change(ADDED, machine("Waiting"), "t1"), failing(Code.Unavailable)],
      [failing(Code.Unavailable)],
      [change(CHANGED, machine("Phoned Home"), "t2")],
    ]);
    await phonedHome(machine("Waiting"), session);
    expect(seen.tokens).toEqual(["", "t1", "t1"]);
  });

  test.each([
    ["somebody frees the machine", { allocation: undefined }, 'machine "m1" was freed meanwhile'],
    [
      "the installation fails",
      {
        allocation: {
          uuid: "a",
          installation: { state: MachineInstallationState.FAILED, message: "no disk" },
        },
      },
      'machine "m1" could not be installed: no disk',
    ],
  ])("ends with an error when %s", async (_, values, message) => {
    const { session } = sessionWith([[change(CHANGED, machine("Installing", values))]]);
    await expect(phonedHome(machine("Waiting"), session)).rejects.toThrow(message);
  });

  test("ends with what does not pass by itself", async () => {
    const { session } = sessionWith([[failing(Code.PermissionDenied)]]);
    await expect(phonedHome(machine("Waiting"), session)).rejects.toThrow(CallError);
  });
});

test("a watch prints a line for each change, and none for what only says that it lives", async () => {
  const { session, seen } = sessionWith([
    [
      change(ADDED, machine("Waiting", { allocation: undefined })),
      change(SYNCED),
      change(CHANGED, machine("Installing")),
      change(REMOVED, machine("Installing")),
    ],
  ]);
  const request = create(MachineServiceWatchRequestSchema);
  await expect(watchMachines(request, session)).rejects.toThrow(CallError);
  expect(seen.out).toBe(
    "10:00:00  added    m1  Waiting             north  small\n" +
      "10:00:00  changed  m1  Installing          north  small  shop web\n" +
      "10:00:00  removed  m1  Installing          north  small  shop web\n",
  );
});

test("a firmware is sent with its size and checksum ahead, and whole", async () => {
  const folder = mkdtempSync(join(tmpdir(), "firmware-"));
  try {
    const content = Buffer.alloc(600_000, 7);
    writeFileSync(join(folder, "bios.bin"), content);
    const { session, seen } = sessionWith([]);
    const options = { kind: "bios", vendor: "v", board: "b", revision: "1" } as const;
    await upload(join(folder, "bios.bin"), options, session);
    const [header, ...chunks] = seen.sent as unknown as { part: { case: string; value: never } }[];
    expect(header?.part).toMatchObject({
      case: "header",
      value: {
        size: 600_000n,
        sha256: createHash("sha256").update(content).digest("hex"),
        revision: "1",
      },
    });
    expect(Buffer.concat(chunks.map(({ part }) => part.value)).equals(content)).toBe(true);
    expect(seen.out).toContain("kept");
    await expect(upload(join(folder, "gone"), options, session)).rejects.toThrow("gone");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the words that people expect are commands with a role", () => {
  const io = { stdout() {}, stderr() {} } as never;
  const program = new Command();
  const kind = addKind(program, MachineService, io);
  addMachineCommands(program, io);
  const power = kind.commands.find((command) => command.name() === "power");
  expect(power?.commands.map((command) => [command.name(), command.summary()])).toEqual(
    ["on", "off", "reset", "cycle", "bios", "disk", "pxe"].map((word) => [
      word,
      "Needs role Editor.",
    ]),
  );
  const aliases = kind.commands.flatMap((command) => command.aliases());
  expect(aliases).toEqual(expect.arrayContaining(["console-password", "issues", "describe"]));
});
