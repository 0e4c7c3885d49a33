// The kinds of callers, and what the rules say of each. Written anew on purpose: what is checked does not check itself.
import { Role } from "../rule.ts";
import type { Credential } from "../sign.ts";
import type { CheckedRpc } from "./rpc.ts";

/** A kind of caller. */
export interface Kind {
  /** "anonymous", "bad", "viewer", "metal-bmc". */
  readonly name: string;
  /** Undefined for a caller without one. */
  readonly credential?: Credential;
  /** What the identity holds; undefined for callers that are not identified. */
  readonly identity?: {
    readonly role: Role;
    readonly component: string;
    /** The only RPCs it may call; empty for all that its role admits. */
    readonly limitedTo: readonly string[];
  };
}

/** How a call ends that is let in and not run. */
export const letIn = "DRY_RUN";

/** How a call of that RPC by that kind of caller has to end. */
export function expectedOutcome({ procedure, rule }: CheckedRpc, { credential, identity }: Kind) {
  if (!credential) return rule.minRole === Role.PUBLIC ? letIn : "NO_CREDENTIAL";
  if (!identity) return "BAD_CREDENTIAL";
  const { role, component, limitedTo } = identity;
  if (role < rule.minRole) return "ROLE_TOO_LOW";
  if (rule.components.length > 0 && !rule.components.includes(component)) return "WRONG_COMPONENT";
  const isLimited = limitedTo.length > 0 && rule.minRole >= Role.VIEWER;
  return isLimited && !limitedTo.includes(procedure) ? "NOT_GRANTED" : letIn;
}
