// The decision itself: a pure function of a rule and a caller.
import type { Principal } from "./principal.ts";
import { atLeast, Role } from "./role.ts";
import type { Procedure, Rule } from "./rule.ts";

/** Why a call is refused. Stable words: they appear in error details, the audit and metrics. */
export type RefusalReason =
  | "NO_RULE"
  | "NO_CREDENTIAL"
  | "BAD_CREDENTIAL"
  | "ROLE_TOO_LOW"
  | "WRONG_COMPONENT"
  | "NOT_GRANTED"
  | "WRONG_MACHINE"
  | "CREDENTIAL_ENDED"
  | "RATE_LIMITED"
  | "SHUTTING_DOWN"
  | "CALL_ENDED"
  | "UNDECIDABLE";

export type Decision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: RefusalReason };

const allowed: Decision = Object.freeze({ allowed: true });
const refuse = (reason: RefusalReason): Decision => Object.freeze({ allowed: false, reason });

/**
 * May `principal` (undefined: nobody presented a credential) call `procedure`, which `rule` guards? No rule means no. To
 * a principal that is limited to some RPCs, one that is not named means no either.
 */
export function decide(
  rule: Rule | undefined,
  principal: Principal | undefined,
  procedure?: Procedure,
): Decision {
  if (rule === undefined) return refuse("NO_RULE");
  if (principal === undefined)
    return rule.minRole === Role.PUBLIC ? allowed : refuse("NO_CREDENTIAL");
  if (!atLeast(principal.role, rule.minRole)) return refuse("ROLE_TOO_LOW");
  if (!admitsComponent(rule, principal)) return refuse("WRONG_COMPONENT");
  return isGranted(rule, principal, procedure) ? allowed : refuse("NOT_GRANTED");
}

/** RPCs that need no role give nothing away that could be limited: who am I, may I, why not. */
function isGranted(rule: Rule, { procedures }: Principal, procedure?: Procedure): boolean {
  if (procedures === undefined || !atLeast(rule.minRole, Role.VIEWER)) return true;
  return procedure !== undefined && procedures.has(procedure);
}

function admitsComponent(rule: Rule, principal: Principal): boolean {
  if (rule.components.length === 0) return true;
  return principal.component !== undefined && rule.components.includes(principal.component);
}
