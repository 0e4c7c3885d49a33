// Brings what was sealed to the sinks, each at its own pace: in order, at least once, and from where it stopped when the
// process ended. What a sink lacks is in the store and nowhere else, so a sink that is down costs neither memory nor time.
import { create } from "@bufbuild/protobuf";
import { AuditSinkSchema } from "../../../gen/metal/store/v1/audit_pb.ts";
import type { Store } from "../../store/store.ts";
import { type Sealed, sealedAfter } from "../sealed.ts";
import type { Sink } from "./sink.ts";

/** What deliveries are given. */
export interface DeliveryOptions {
  readonly store: Pick<Store, "read" | "transaction">;
  readonly sinks: readonly Sink[];
  readonly log: {
    info(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
}

/** All deliveries. */
export interface Deliveries {
  /** Brings to each sink what it lacks, unless that is under way already. Never waits, and never throws. */
  begin(): void;
  /** Waits for what is under way. Nothing begins any more. */
  stop(): Promise<void>;
}

/** So many records, at least, make a batch, if there are that many. */
const batchRecords = 500;

/** Deliveries to these sinks. */
export function createDeliveries(options: DeliveryOptions): Deliveries {
  const running = new Map<Sink, Promise<void>>();
  const failing = new Set<Sink>();
  let stopped = false;
  const bring = async (sink: Sink) => {
    try {
      await deliver(options.store, sink, () => stopped);
      if (failing.delete(sink)) options.log.info({ sink: sink.name }, "the audit arrives again");
    } catch (error) {
      // Once for each time that it goes wrong: it is tried again every few seconds.
      if (!failing.has(sink))
        options.log.error({ err: error, sink: sink.name }, "the audit does not arrive");
      failing.add(sink);
    }
    running.delete(sink);
  };
  return {
    begin() {
      for (const sink of stopped ? [] : options.sinks)
        if (!running.has(sink)) running.set(sink, bring(sink));
    },
    async stop() {
      stopped = true;
      await Promise.all(running.values());
    },
  };
}

/** Brings everything to one sink. Rejects with what the sink or the store rejects with. */
export async function deliver(
  store: DeliveryOptions["store"],
  sink: Sink,
  isOver: () => boolean = () => false,
): Promise<void> {
  const after = Number((await store.read.auditSink.get(sink.name))?.seal ?? 0n);
  for await (const batch of batchesOf(sealedAfter(store.read.seals, after))) {
    if (isOver()) return;
    await sink.write(batch);
    await remember(store, sink, batch.at(-1)?.seal.number ?? 0n);
  }
}

async function* batchesOf(all: AsyncIterable<Sealed>): AsyncGenerator<Sealed[]> {
  let batch: Sealed[] = [];
  let records = 0;
  for await (const sealed of all) {
    batch.push(sealed);
    // A seal is a line as well.
    records += sealed.records.length + 1;
    if (records < batchRecords) continue;
    yield batch;
    [batch, records] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

async function remember(store: DeliveryOptions["store"], { name }: Sink, seal: bigint) {
  await store.transaction(async ({ auditSink }) => {
    const known = await auditSink.get(name);
    if (known === undefined) return auditSink.insert(create(AuditSinkSchema, { id: name, seal }));
    // Another server may have been further.
    return auditSink.update({ ...known, seal: known.seal > seal ? known.seal : seal });
  });
}
