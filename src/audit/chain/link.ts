// What holds the chain of the audit together: the hashes of records and seals, computed from their JSON, so that whoever
// has that JSON can do the same without this program.
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { AuditLeaf } from "../../../gen/metal/v1/audit_pb.ts";
import { canonical, sha256 } from "./canonical.ts";

/** A record in a seal: its trace id and its hash. */
export type Leaf = Pick<AuditLeaf, "traceId" | "hash">;

/** The hash of a record. */
export function recordHash(record: JsonValue): string {
  return sha256(canonical(record));
}

/** The hash of the leaves of a seal, in their order. */
export function rootOf(leaves: readonly Leaf[]): string {
  return sha256(leaves.map(({ traceId, hash }) => `${traceId} ${hash}\n`).join(""));
}

/** What the hash of a seal is not of. The leaves are in it as their root, so that it holds when they are removed. */
const aside: ReadonlySet<string> = new Set(["hash", "signature", "leaves"]);

/** The hash of a seal. */
export function sealHash(seal: JsonObject): string {
  const link = Object.entries(seal).filter(([name]) => !aside.has(name));
  return sha256(canonical(Object.fromEntries(link)));
}
