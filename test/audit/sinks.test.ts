// What was sealed reaches every sink, in order, also after a sink or a server was down.
import { once } from "node:events";
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { sealAudit } from "../../src/audit/seal.ts";
import { createDeliveries, deliver } from "../../src/audit/sinks/delivery.ts";
import { createFileSink } from "../../src/audit/sinks/file.ts";
import { openSinks } from "../../src/audit/sinks/open.ts";
import { jsonLines, type Sink } from "../../src/audit/sinks/sink.ts";
import { createStreamSink } from "../../src/audit/sinks/stream.ts";
import type { Store } from "../../src/store/store.ts";
import { appendAudit, audit } from "../store/sample.ts";
import { openTestStore } from "../world/store.ts";
import { proofOfLines } from "./proof.ts";

let store: Store;
let folder: string;
beforeEach(async () => {
  store = await openTestStore();
  folder = mkdtempSync(join(tmpdir(), "metal-sinks-"));
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

let calls = 0;
/** Calls that were recorded and sealed. */
async function work(count = 3): Promise<void> {
  await appendAudit(
    store,
    Array.from({ length: count }, () => audit((calls += 1))),
  );
  await sealAudit({ store, now: Date.now });
}

const linesOf = (path: string) => readFileSync(path, "utf8").trimEnd().split("\n");

describe("a file", () => {
  test("is made for its owner alone, and holds a chain that can be verified", async () => {
    const path = join(folder, "audit.jsonl");
    const sink = createFileSink(path);
    for (let n = 0; n < 3; n += 1) {
      await work();
      await deliver(store, sink);
      await deliver(store, sink);
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(proofOfLines(linesOf(path))).toMatchObject({ findings: [], records: 9 });
    expect(linesOf(path)).toHaveLength(12);
  });

  test("that was moved away is followed by a new one, and both make up the chain", async () => {
    const path = join(folder, "audit.jsonl");
    const sink = createFileSink(path);
    await work();
    await deliver(store, sink);
    renameSync(path, `${path}.1`);
    await work();
    await deliver(store, sink);
    expect(linesOf(path)).toHaveLength(4);
    const both = [...linesOf(`${path}.1`), ...linesOf(path)];
    expect(proofOfLines(both)).toMatchObject({ findings: [], records: 6 });
  });

  test.each([1, 80, 200_000])(
    "whose last line lacks %i bytes gets it again as a whole",
    async (torn) => {
      const path = join(folder, "audit.jsonl");
      const sink = createFileSink(path);
      await appendAudit(store, [audit((calls += 1), { reason: "x".repeat(300_000) })]);
      await work(1);
      const failing: Sink = {
        ...sink,
        write: async (batch) => {
          await sink.write(batch);
          truncateSync(path, statSync(path).size - torn);
          throw new Error("no power");
        },
      };
      await expect(deliver(store, failing)).rejects.toThrow("no power");
      await deliver(store, sink);
      expect(proofOfLines(linesOf(path))).toMatchObject({ findings: [], records: 2 });
    },
  );

  test("that is nothing but a torn line is begun anew", async () => {
    const path = join(folder, "audit.jsonl");
    appendFileSync(path, '{"rec');
    await work();
    await deliver(store, createFileSink(path));
    expect(proofOfLines(linesOf(path))).toMatchObject({ findings: [], records: 3 });
  });
});

test("a stream gets a line for each record and seal, and who cannot be written to is asked again", async () => {
  const stream = new PassThrough();
  await work();
  await deliver(store, createStreamSink("stdout", stream));
  stream.end();
  const lines = (await text(stream)).trimEnd().split("\n");
  expect(proofOfLines(lines)).toMatchObject({ findings: [], records: 3 });
  await work();
  await expect(deliver(store, createStreamSink("stdout", stream))).rejects.toThrow(
    "write after end",
  );
  const again = new PassThrough();
  await deliver(store, createStreamSink("stdout", again));
  again.end();
  lines.push(...(await text(again)).trimEnd().split("\n"));
  expect(proofOfLines(lines)).toMatchObject({ findings: [], records: 6 });
});

describe("a collector of OpenTelemetry", () => {
  let server: Server;
  let status = 200;
  const bodies: string[] = [];
  beforeEach(async () => {
    bodies.length = 0;
    server = createServer((request, response) => {
      void text(request).then((body) => {
        if (status === 200) bodies.push(body);
        response.writeHead(status, { "content-type": "application/json" }).end("{}");
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });

  const sinkOf = async () => {
    const { port } = server.address() as AddressInfo;
    const [sink] = await openSinks(
      { stdout: false, otlp: `http://127.0.0.1:${port}/v1/logs` },
      "0.0.0-test",
    );
    if (sink === undefined) throw new Error("no sink");
    return sink;
  };

  interface Sent {
    readonly resourceLogs: readonly {
      readonly scopeLogs: readonly { readonly logRecords: readonly LogRecord[] }[];
    }[];
  }
  interface LogRecord {
    readonly body: { readonly stringValue: string };
    readonly eventName: string;
    readonly severityText: string;
  }
  const logRecords = () =>
    bodies
      .flatMap((body) => (JSON.parse(body) as Sent).resourceLogs)
      .flatMap(({ scopeLogs }) => scopeLogs.flatMap((scope) => scope.logRecords));

  test("gets a log record for each line, whose bodies are the chain", async () => {
    await appendAudit(store, [audit((calls += 1), { decision: "ROLE_TOO_LOW" })]);
    await work(2);
    await deliver(store, await sinkOf());
    expect(proofOfLines(logRecords().map(({ body }) => body.stringValue))).toMatchObject({
      findings: [],
      records: 3,
    });
    expect(logRecords().map((one) => [one.eventName, one.severityText])).toEqual([
      ["metal.audit.record", "WARN"],
      ["metal.audit.record", "INFO"],
      ["metal.audit.record", "INFO"],
      ["metal.audit.seal", "INFO"],
    ]);
    expect(bodies[0]).toContain('"service.name"');
  });

  test("gets no request that it could find too large, and everything in its order", async () => {
    const error = "x".repeat(300_000);
    await appendAudit(
      store,
      Array.from({ length: 10 }, () => audit((calls += 1), { error })),
    );
    await sealAudit({ store, now: Date.now });
    await deliver(store, await sinkOf());
    expect(bodies.length).toBeGreaterThanOrEqual(4);
    expect(Math.max(...bodies.map((body) => body.length))).toBeLessThan(1_500_000);
    expect(proofOfLines(logRecords().map(({ body }) => body.stringValue))).toMatchObject({
      findings: [],
      records: 10,
    });
  });

  test("that refuses gets the same again", async () => {
    const sink = await sinkOf();
    await work();
    status = 400;
    await expect(deliver(store, sink)).rejects.toThrow();
    status = 200;
    await work();
    await deliver(store, sink);
    expect(proofOfLines(logRecords().map(({ body }) => body.stringValue))).toMatchObject({
      findings: [],
      records: 6,
    });
  });
});

describe("deliveries", () => {
  test("to a sink that hangs or fails hold up no other, and what is missing is told once", async () => {
    const release = Promise.withResolvers<void>();
    const got: Record<string, string[]> = { good: [], hanging: [], failing: [] };
    let fails = true;
    const sink = (name: string, first: () => Promise<void>): Sink => ({
      name,
      write: async (batch) => {
        await first();
        got[name]?.push(...batch.flatMap(jsonLines));
      },
    });
    const log: string[] = [];
    const tell = (_: object, message: string) => void log.push(message);
    const failing = async () => {
      if (fails) throw new Error("down");
    };
    const sinks = [
      sink("hanging", () => release.promise),
      sink("failing", failing),
      sink("good", async () => {}),
    ];
    const deliveries = createDeliveries({ store, sinks, log: { info: tell, error: tell } });
    for (let n = 0; n < 3; n += 1) {
      await work();
      deliveries.begin();
      while ((await store.read.auditSink.get("good"))?.seal !== BigInt(n + 1))
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(proofOfLines(got["good"] ?? [])).toMatchObject({ findings: [], records: 9 });
    expect(got["hanging"]).toEqual([]);
    fails = false;
    release.resolve();
    deliveries.begin();
    while (!log.includes("the audit arrives again"))
      await new Promise((resolve) => setTimeout(resolve, 5));
    await deliveries.stop();
    expect(log).toEqual(["the audit does not arrive", "the audit arrives again"]);
    await deliver(store, sinks[0] as Sink);
    for (const name of ["hanging", "failing"])
      expect(proofOfLines(got[name] ?? [])).toMatchObject({ findings: [], records: 9 });
  });

  test("of more than a batch are in order, and begin anew where they stopped", async () => {
    await work(1_700);
    const got: string[] = [];
    let batches = 0;
    const sink: Sink = {
      name: "small",
      write: async (batch) => {
        batches += 1;
        if (batches === 2) throw new Error("full");
        got.push(...batch.flatMap(jsonLines));
      },
    };
    await expect(deliver(store, sink)).rejects.toThrow("full");
    expect(got.length).toBeLessThan(600);
    await deliver(store, sink);
    expect(batches).toBeGreaterThan(3);
    expect(got).toHaveLength(1_704);
    expect(proofOfLines(got)).toMatchObject({ findings: [], records: 1_700 });
  });
});
