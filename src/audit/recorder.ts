// Writes the records of calls that no transaction of a service writes: refusals, failures, and calls that change
// nothing but have to be recorded.
import type { AuditRecord } from "../../gen/metal/v1/audit_pb.ts";
import type { Store } from "../store/store.ts";

/** Appends records. Resolves when they are as durable as a change. */
export interface Recorder {
  append(record: AuditRecord): Promise<void>;
}

/** A recorder that tells how it fares. */
export interface QueueingRecorder extends Recorder {
  /** Records that wait for their turn. */
  readonly waiting: number;
}

interface Waiting {
  readonly record: AuditRecord;
  readonly settle: PromiseWithResolvers<void>;
}

/**
 * A recorder on `store`. Records that arrive while others are being written go into the next transaction together, so
 * that a flood of refusals costs one commit each time the disk answers, not one each. Every record is awaited by its
 * call: what waits is bounded by the calls that are open.
 */
export function createRecorder(store: Pick<Store, "transaction">): QueueingRecorder {
  let waiting: Waiting[] = [];
  let writing = false;

  const write = async () => {
    writing = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await writeBatch(store, batch);
    }
    writing = false;
  };

  return {
    get waiting() {
      return waiting.length;
    },
    append(record) {
      const settle = Promise.withResolvers<void>();
      waiting.push({ record, settle });
      if (!writing) void write();
      return settle.promise;
    },
  };
}

async function writeBatch(store: Pick<Store, "transaction">, batch: readonly Waiting[]) {
  try {
    await store.transaction((tx) => tx.audit.append(batch.map(({ record }) => record)));
    for (const { settle } of batch) settle.resolve();
  } catch (error) {
    for (const { settle } of batch) settle.reject(error);
  }
}
