// A secret is seen by those it is for, and by nobody else: it is planted in every secret field of every message, stored by
// every way there is, and then looked for everywhere.
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
  type JsonValue,
  type Message,
  toJson,
} from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { pino } from "pino";
import { BootService } from "../../gen/api/v1/boot_pb.ts";
import { AuditService } from "../../gen/metal/v1/audit_pb.ts";
import { FirewallService } from "../../gen/metal/v1/firewall_pb.ts";
import { MachineService } from "../../gen/metal/v1/machine_pb.ts";
import { UserService } from "../../gen/metal/v1/user_pb.ts";
import { rules } from "../../gen/rbac/rules.ts";
import { withoutSecrets } from "../../src/audit/redact.ts";
import { sealAudit } from "../../src/audit/seal.ts";
import { deliver } from "../../src/audit/sinks/delivery.ts";
import { createFileSink } from "../../src/audit/sinks/file.ts";
import { accessLog } from "../../src/observe/access-log.ts";
import { createMetrics } from "../../src/observe/metrics.ts";
import { timedStore } from "../../src/observe/timed-store.ts";
import { createTraces } from "../../src/observe/trace-provider.ts";
import { createTracing } from "../../src/observe/tracing.ts";
import type { Rule, RuleTable } from "../../src/rbac/rule.ts";
import { createSealer } from "../../src/secrets/sealer.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { createHeadscale } from "../../src/vpn/headscale.ts";
import { openTerminal } from "../cli/terminal.ts";
import { type HeadscaleServer, startHeadscale } from "../vpn/headscale-server.ts";
import { methods, procedureOf } from "../world/descriptors.ts";
import {
  firewallImageId,
  imageId,
  partitionId,
  projectId,
  sizeId,
  stock,
} from "../world/inventory.ts";
import { addSwitches, constraintsOf, machineId, registration } from "../world/machines.ts";
import {
  type Caller,
  type Component,
  credentials,
  everyone,
  startWorld,
  users,
  type World,
} from "../world/server.ts";
import { holdsMarker, marker, misshapen, planted, textOf } from "./planted.ts";

const table: RuleTable = rules;
const secretsKey = "secrets key of tests, 32 bytes or more";

let folder: string;
let headscale: HeadscaleServer;
let world: World;
/** Everything that was said, by where. */
const seen = new Map<string, string[]>();
const log = new PassThrough();
const spans = new InMemorySpanExporter();
const traces = createTraces([new SimpleSpanProcessor({ exporter: spans })], "0");
const metrics = createMetrics();
/** Secrets that the server or others made, and the keys that calls are signed with. */
const secrets = new Set<string>([secretsKey]);
let allocated = "";
let firewall = "";

const note = (place: string, what: unknown) =>
  void seen.set(place, [...(seen.get(place) ?? []), textOf(what)]);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "metal-secrets-"));
  headscale = await startHeadscale();
  secrets.add(headscale.settings.apiKey);
  log.on("data", (line: Buffer) => note("log", line.toString("utf8")));
  const { interceptor: tracing, observer } = createTracing(traces.startTrace);
  const logger = pino({ level: "trace", base: null }, log);
  const sealer = createSealer(secretsKey);
  const store = await openSqliteStore(folder, { sealer });
  world = await startWorld({
    store: timedStore(store, metrics.storeTimer),
    users: everyone,
    sealer,
    superUserPassword: `${marker} of the super-user`,
    vpn: createHeadscale(headscale.settings),
    log: logger,
    observers: [accessLog(logger), metrics.observer, observer],
    tracing,
  });
  await live();
});
afterAll(async () => {
  await world.close();
  await traces.stop();
  await headscale.close();
  rmSync(folder, { recursive: true });
});

/** A machine and a firewall with every secret that they can have, and an identity with a key. */
async function live(): Promise<void> {
  const network = await stock(world.store, { machines: 3 });
  await world.store.transaction(async (tx) => {
    const size = await tx.size.get(sizeId);
    if (size) await tx.size.update({ ...size, constraints: constraintsOf() });
    await addSwitches(tx, {
      partition: partitionId,
      rack: "rack-1",
      switches: ["leaf-1", "leaf-2"],
    });
  });
  const hammer = world.client(BootService, "metal-hammer");
  const ipmi = { address: "10.1.0.1:623", user: "u", password: `${marker} of the BMC` };
  await hammer.register(registration(1, { ipmi }));
  const asked = {
    projectId,
    sizeId,
    partitionId,
    userData: Buffer.from(`${marker} user data`).toString("base64"),
  };
  const machine = await world.client(MachineService, "edit").allocate({
    ...asked,
    imageId,
    networks: [{ networkId: network }],
  });
  allocated = machine.machine?.id ?? "";
  note("answers to allocations", toJson(MachineService.method.allocate.output, machine));
  await hammer.report({
    uuid: allocated,
    success: true,
    consolePassword: `${marker} of the console`,
    bootInfo: {
      imageId,
      primaryDisk: "/dev/sda",
      osPartition: "/dev/sda1",
      kernel: "/boot/vmlinuz",
      cmdline: "console=ttyS0",
    },
  });
  const answer = await world.client(FirewallService, "edit").allocate({
    ...asked,
    imageId: firewallImageId,
    networks: [{ networkId: network }, { networkId: "internet" }],
  });
  firewall = answer.firewall?.id ?? "";
  note("answers to allocations", toJson(FirewallService.method.allocate.output, answer));
  secrets.add(asked.userData);
  for (const { key } of headscale.keys) secrets.add(key);
  const made = await world.client(UserService, "admin").create({
    name: "backup",
    role: 3,
    owner: "team@example.com",
    reason: "a test of secrets",
  });
  secrets.add(made.key);
  const kept = await world.store.read.machineSecret.get(allocated);
  expect(kept).toMatchObject({
    userData: asked.userData,
    consolePassword: `${marker} of the console`,
  });
  expect((await world.store.read.machineBmc.get(machineId(1)))?.password).toContain(marker);
  expect((await world.store.read.machineSecret.get(firewall))?.vpnAuthKey).toBe(
    headscale.keys[0]?.key,
  );
}

/** An Admin, and the components that an RPC is for. */
function callersOf({ components }: Rule): (Caller | Component)[] {
  const known = ["pixiecore", "metal-hammer", "metal-core", "metal-bmc"] as const;
  return ["admin", ...known.filter((name) => components.includes(name))];
}

const isRevealing = ({ reason, components }: Rule) => reason || components.length > 0;

/** What comes back: secrets only in secret fields, and only where an RPC is there to reveal them. */
function noteAnswer(method: DescMethod, message: Message): void {
  const shown = isRevealing(table[procedureOf(method)] as Rule)
    ? withoutSecrets(method.output, message)
    : message;
  note("answers", toJson(method.output, shown));
}

async function call(method: DescMethod, caller: Caller | Component, message: Message) {
  const transport = world.transport(caller, { protocol: "grpc" });
  const abort = new AbortController();
  const requests = (async function* () {
    yield message;
    // Who sends nothing more waits for what it has asked for.
    await pause(100, undefined, { signal: abort.signal }).catch(() => {});
  })();
  try {
    if (method.methodKind === "unary") {
      const answer = await transport.unary(
        method as DescMethodUnary,
        abort.signal,
        5_000,
        undefined,
        message,
      );
      return noteAnswer(method, answer.message);
    }
    const answer = await transport.stream(
      method as DescMethodStreaming,
      abort.signal,
      500,
      undefined,
      requests,
    );
    for await (const each of answer.message) noteAnswer(method, each);
  } catch (error) {
    const { message: text, details, metadata } = ConnectError.from(error);
    note("errors", { text, details, metadata: [...metadata] });
  } finally {
    abort.abort();
  }
}

/** A call of a unary RPC with a body of JSON, whatever is in it. */
async function callWithJson(method: DescMethod, caller: Caller | Component, body: string) {
  const answer = await fetch(world.url + procedureOf(method), {
    method: "POST",
    headers: { ...credentials(caller, "POST"), "content-type": "application/json" },
    body,
  });
  const text = await answer.text();
  // Of what is revealed the messages tell: they are asked for over gRPC as well.
  if (answer.ok && isRevealing(table[procedureOf(method)] as Rule)) return;
  note("answers in JSON", [...answer.headers, text]);
}

/** Requests that name what there is. */
function questions(schema: DescMessage): Message[] {
  const id = [allocated, firewall, machineId(1), "backup"];
  const named = id.map((one) => {
    const fields = schema.fields.filter(
      ({ scalar, fieldKind }) => fieldKind === "scalar" && scalar === 9,
    );
    const names = fields.filter(({ name }) => /^(id|uuid|machine_id|name)$/.test(name));
    const reasons = fields.filter(({ name }) => name === "reason");
    return create(schema, {
      ...Object.fromEntries(names.map(({ localName }) => [localName, one])),
      ...Object.fromEntries(reasons.map(({ localName }) => [localName, "looking for secrets"])),
    });
  });
  return [create(schema), ...named];
}

const isRead = (method: DescMethod) =>
  (table[procedureOf(method)] as Rule).read || /^(Get|Watch|Wait|Dhcp|Boot)/.test(method.name);

describe("planted", () => {
  const holding = methods.filter((method) =>
    holdsMarker(method.input, planted(method.input, marker)),
  );

  test("in the requests of these RPCs, which grow as the protos do", () => {
    expect(holding.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["Register", "Report", "Allocate"]),
    );
  });

  test.each(holding.map((method) => [procedureOf(method), method] as const))(
    "%s is called with secrets that are good, too long, misshapen and broken off",
    async (procedure, method) => {
      for (const caller of callersOf(table[procedure] as Rule)) {
        for (const value of [marker, marker.repeat(20_000)])
          await call(method, caller, planted(method.input, value));
        if (method.methodKind !== "unary") continue;
        const json = toJson(method.input, planted(method.input, marker));
        const shapes: ((text: string) => JsonValue)[] = [
          (text) => text,
          (text) => [text],
          (text) => ({ [text]: text }),
          (text) => text.repeat(20_000),
        ];
        for (const shape of shapes)
          await callWithJson(method, caller, JSON.stringify(misshapen(json, shape)));
        const whole = JSON.stringify(json);
        await callWithJson(method, caller, whole.slice(0, whole.indexOf(marker) + marker.length));
        await callWithJson(method, caller, whole.replace(marker, `${marker}\\ud800\\x`));
      }
    },
  );
});

describe("asked for", () => {
  test.each(methods.filter(isRead).map((method) => [procedureOf(method), method] as const))(
    "by %s",
    async (procedure, method) => {
      const asked = callersOf(table[procedure] as Rule).flatMap((caller) =>
        questions(method.input).map((message) => call(method, caller, message)),
      );
      await Promise.all(asked);
    },
  );

  test("on the command line, by commands that fail", async () => {
    const terminal = await openTerminal();
    const { type, keys } = users.admin;
    const env = {
      METAL_API_URL: world.url,
      METAL_API_HMAC: keys[0]?.secret ?? "",
      METAL_API_HMAC_AUTH_TYPE: type,
    };
    const now = () => new Date();
    const flags = ["machine", "allocate", "--project-id", "none", "--user-data", marker];
    const file = await terminal.file("m.yaml", `project_id: none\nuser_data: [${marker}]\n`);
    for (const line of [flags, ["machine", "allocate", "-f", file], ["machine", "get", allocated]])
      note("command line", await terminal.metal(line, { env, now }));
    await terminal.close();
  });
});

describe("looked for", () => {
  beforeAll(async () => {
    for (let token = ""; ; ) {
      const page = await world
        .client(AuditService, "view")
        .list({ pageSize: 1000, pageToken: token });
      note("audit", toJson(AuditService.method.list.output, page));
      token = page.nextPageToken;
      if (token === "") break;
    }
    await sealAudit({ store: world.store, now: Date.now });
    const path = join(folder, "audit.jsonl");
    await deliver(world.store, createFileSink(path));
    note("copies of the audit", readFileSync(path, "utf8"));
    note(
      "traces",
      spans
        .getFinishedSpans()
        .map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
    );
    note("metrics", await metrics.text());
    await world.close();
    if (!log.writableEnded) log.end();
    if (!log.closed) await once(log, "close");
    const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { name } of files)
      seen.set(`data/${name}`, [readFileSync(join(folder, name), "latin1")]);
  });

  test("something was said everywhere", () => {
    const places = [
      "answers",
      "answers in JSON",
      "errors",
      "log",
      "audit",
      "copies of the audit",
      "traces",
      "metrics",
      "command line",
      "data/metal.sqlite",
    ];
    for (const place of places)
      expect([place, seen.get(place)?.join("").length ?? 0]).not.toEqual([place, 0]);
    expect(seen.get("copies of the audit")?.join("")).toContain("metal.v1.MachineService/Allocate");
  });

  test("no secret is anywhere", () => {
    const found = [...seen].flatMap(([place, texts]) =>
      texts.flatMap((text) =>
        [marker, ...secrets]
          .filter((secret) => text.includes(secret))
          .map((secret) => {
            const at = text.indexOf(secret);
            return `${place}: ${text.slice(Math.max(at - 200, 0), at + secret.length)}`;
          }),
      ),
    );
    expect([...new Set(found)].slice(0, 20)).toEqual([]);
  });
});
