// What a copy of everything that a store has sealed proves.
import { toJson } from "@bufbuild/protobuf";
import { AuditServiceExportResponseSchema } from "../../gen/metal/v1/audit_pb.ts";
import type { Finding } from "../../src/audit/chain/finding.ts";
import { ChainCheck, type Trust } from "../../src/audit/chain/verify.ts";
import { linesOf, sealedAfter } from "../../src/audit/sealed.ts";
import type { Store } from "../../src/store/store.ts";

/** The findings, and the chain as it is. */
export async function proofOf(store: Pick<Store, "read">, trust?: Trust) {
  const lines: string[] = [];
  for await (const sealed of sealedAfter(store.read.seals, 0))
    for (const line of linesOf(sealed))
      lines.push(JSON.stringify(toJson(AuditServiceExportResponseSchema, line)));
  return proofOfLines(lines, trust);
}

/** The same of lines. */
export function proofOfLines(lines: readonly string[], trust: Trust = {}) {
  const findings: Finding[] = [];
  const check = new ChainCheck(trust, (finding) => findings.push(finding));
  for (const [index, line] of lines.entries()) check.line(line, `line ${index + 1}`);
  return { findings, ...check.end() };
}
