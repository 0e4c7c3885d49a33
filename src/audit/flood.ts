// Keeps a flood of refusals from becoming a flood of records: so many of one kind from one source are recorded one by
// one in a second, the others together.
import { clone } from "@bufbuild/protobuf";
import { type AuditRecord, AuditRecordSchema } from "../../gen/metal/v1/audit_pb.ts";

/** What a flood is made of. */
export interface FloodOptions {
  /** Writes the record that stands for several. */
  readonly append: (record: AuditRecord) => Promise<void>;
  /** Told when that fails. */
  readonly onError: (error: unknown, record: AuditRecord) => void;
  /** Records of one kind from one source that are written one by one within a second. */
  readonly perSource?: number;
  /** Sources that are told apart within a second. */
  readonly sources?: number;
}

/** Tells refusals that are recorded from those that are only counted. */
export interface Flood {
  /** True if `record`, of a call from `source`, is to be written. Otherwise it is counted, and one record tells of all. */
  admits(source: string, record: AuditRecord): boolean;
  /** Writes what was counted so far. Never rejects. */
  flush(): Promise<void>;
}

const defaultPerSource = 20;
const defaultSources = 50;
const windowMs = 1000;

/** What came from one source within the second. */
interface Count {
  seen: number;
  /** Those that were not written. */
  surplus: number;
  latest: AuditRecord;
}

/** Counts from nothing. */
export function createFlood(options: FloodOptions): Flood {
  const { append, onError, perSource = defaultPerSource, sources = defaultSources } = options;
  let counts = new Map<string, Count>();
  let timer: NodeJS.Timeout | undefined;

  const flush = async () => {
    clearTimeout(timer);
    timer = undefined;
    const surplus = [...counts.values()].filter((count) => count.surplus > 0).map(summary);
    counts = new Map();
    const told = surplus.map((record) =>
      append(record).catch((error: unknown) => onError(error, record)),
    );
    await Promise.all(told);
  };

  return {
    admits(source, record) {
      timer ??= setTimeout(() => void flush(), windowMs).unref();
      const known = `${source} ${record.decision}`;
      const name = counts.has(known) || counts.size < sources ? known : record.decision;
      const count = counts.get(name) ?? { seen: 0, surplus: 0, latest: record };
      count.seen += 1;
      count.latest = record;
      counts.set(name, count);
      if (count.seen <= perSource) return true;
      count.surplus += 1;
      return false;
    },
    flush,
  };
}

/** The last of them, which says for how many it stands. */
function summary({ surplus, latest }: Count): AuditRecord {
  const record = clone(AuditRecordSchema, latest);
  const others = surplus === 1 ? "" : `; stands for ${surplus} within a second`;
  record.detail = `${latest.detail}${others}`;
  return record;
}
