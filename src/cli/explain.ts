// `metal explain`: why a call was allowed or refused, and what would have allowed it.
import { create } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import {
  type AccessExplanation,
  AccessExplanationSchema,
  AccessService,
  type AccessServiceExplainResponse,
  AccessServiceExplainRequestSchema,
} from "../../gen/metal/v1/access_pb.ts";
import { CallError } from "./api.ts";
import { callCode } from "./errors.ts";
import { printOne } from "./output.ts";
import { Role, roleWord } from "./rule.ts";
import type { Session } from "./session.ts";
import { linesOf } from "./table.ts";

/** Prints the explanation of the call `trace`. Throws CallError. */
export async function explain(trace: string, session: Session): Promise<void> {
  const { io, style } = session;
  const { explanation } = await ask(trace, session);
  if (explanation === undefined) return;
  const wanted = style("table");
  const isDocument = wanted.format === "json" || wanted.format === "yaml";
  io.stdout(
    isDocument
      ? printOne(AccessExplanationSchema, explanation, wanted)
      : linesOf(facts(explanation)),
  );
}

/**
 * Asks as each identity there is, the weakest first: the call may have been made with any of them, and Admin, who may
 * know of all calls, is the last.
 */
async function ask(traceId: string, { api }: Session): Promise<AccessServiceExplainResponse> {
  const request = create(AccessServiceExplainRequestSchema, { traceId });
  const call = { method: AccessService.method.explain, request, subject: `call "${traceId}"` };
  for (const as of await distinctRoles(api)) {
    try {
      return (await api.unary({ ...call, as })) as AccessServiceExplainResponse;
    } catch (error) {
      if (!(error instanceof CallError) || Number(error.error.code) !== callCode.notFound)
        throw error;
    }
  }
  return (await api.unary({ ...call, as: Role.ADMIN })) as AccessServiceExplainResponse;
}

/** Roles below Admin that are called with an identity of their own. */
async function distinctRoles({ target }: Session["api"]): Promise<Role[]> {
  const { credentialFor } = await target();
  const seen = new Set([credentialFor(Role.ADMIN)?.from]);
  return [Role.VIEWER, Role.EDITOR].filter((role) => {
    const from = credentialFor(role)?.from;
    const isNew = !seen.has(from);
    seen.add(from);
    return isNew;
  });
}

function facts(explanation: AccessExplanation): string[][] {
  const { traceId, procedure, time, decision, because, remedy, detail, users } = explanation;
  const more = [
    ["would do", remedy],
    ["users", users.join(", ")],
    ["detail", detail],
  ];
  return [
    ["call", procedure],
    ["trace id", traceId],
    ["time", time ? timestampDate(time).toISOString() : ""],
    ["caller", callerOf(explanation)],
    ["credential", credentialOf(explanation)],
    ["rule", ruleOf(explanation)],
    ["decision", decision === "allowed" ? "allowed" : `refused, ${decision}`],
    ["because", because],
    ...more.filter(([, value]) => value !== ""),
  ];
}

function callerOf({ principal, role }: AccessExplanation): string {
  return principal === "" ? "not identified" : `${principal} with role ${roleWord(role)}`;
}

function credentialOf({ credential, credentialKind }: AccessExplanation): string {
  return credential === "" ? "none that counts" : `${credentialKind}: ${credential}`;
}

function ruleOf({ rule, requiredRole }: AccessExplanation): string {
  if (rule === undefined) return "none";
  const now = rule.minRole === requiredRole ? "" : ` (now ${roleWord(rule.minRole)})`;
  return `needs role ${roleWord(requiredRole)}${now}, ${rule.source}`;
}
