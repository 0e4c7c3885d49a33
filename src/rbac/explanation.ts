// Says in sentences why a call was decided as it was, and what would have allowed it.
import type { RefusalReason } from "./decide.ts";
import { atLeast, type Role, roleName, roles } from "./role.ts";

/** What is known about a call afterwards. */
export interface Decided {
  /** "package.Service/Method". */
  readonly procedure: string;
  /** "allowed" or the reason of the refusal; words that this version does not know are shown as they are. */
  readonly decision: string;
  /** The minimum role at that time. */
  readonly requiredRole: Role;
  /** The role that the caller held. */
  readonly role: Role;
  /** What the RPC is limited to; empty if to nothing. */
  readonly components: readonly string[];
}

/** An explanation. */
export interface Explanation {
  readonly because: string;
  /** Empty if the call was allowed. */
  readonly remedy: string;
}

type Words = (call: Decided) => Explanation;

const limit = ({ components }: Decided) =>
  components.length === 0 ? "" : `, marked as ${components.join(" or ")}`;
const needs = ({ procedure, requiredRole }: Decided) =>
  `${procedure} needs role ${roleName(requiredRole)}`;
const enough = (call: Decided) =>
  `${sufficientRoles(call.requiredRole).map(roleName).join(" or ")}${limit(call)}`;
const again: Words = () => ({
  because: "the call ended before it was decided",
  remedy: "the same call at another time",
});

const words: Readonly<Record<RefusalReason | "allowed", Words>> = {
  allowed: (call) => ({
    because: `${needs(call)}, the caller had ${roleName(call.role)}`,
    remedy: "",
  }),
  ROLE_TOO_LOW: (call) => ({
    because: `${needs(call)}, the caller had ${roleName(call.role)}`,
    remedy: `an identity with role ${enough(call)}`,
  }),
  WRONG_COMPONENT: (call) => ({
    because: `${call.procedure} is limited to components, and the caller is marked as none of them`,
    remedy: `an identity with role ${enough(call)}`,
  }),
  NOT_GRANTED: (call) => ({
    because: `the caller is limited to some RPCs, and ${call.procedure} is none of them`,
    remedy: `an identity with role ${enough(call)} that is not limited to others`,
  }),
  WRONG_MACHINE: (call) => ({
    because: `${call.procedure} was asked about a machine that the caller does not speak for`,
    remedy: "the identity of that machine, or one that belongs to no machine",
  }),
  NO_CREDENTIAL: (call) => ({
    because: `${needs(call)}, and no credential was presented`,
    remedy: `a credential of an identity with role ${enough(call)}`,
  }),
  BAD_CREDENTIAL: (call) => ({
    because: "the credential that was presented is not valid",
    remedy: `a valid credential of an identity with role ${enough(call)}`,
  }),
  CREDENTIAL_ENDED: () => ({
    because: "the credential ended while the call ran",
    remedy: "a credential that lasts longer, or the rest of the call under a new one",
  }),
  RATE_LIMITED: () => ({
    because:
      "too many calls came from there, or too many of them with credentials that are not valid",
    remedy: "the same call later, and fewer of them",
  }),
  NO_RULE: (call) => ({
    because: `${call.procedure} has no rule, so nobody may call it`,
    remedy: "a minimum role in its proto",
  }),
  UNDECIDABLE: () => ({
    because: "the credential could not be checked at that time",
    remedy: "the same call at another time",
  }),
  SHUTTING_DOWN: again,
  CALL_ENDED: again,
};

/** Why `call` was decided as it was. */
export function explain(call: Decided): Explanation {
  if (isKnown(call.decision)) return words[call.decision](call);
  return { because: `the decision was ${call.decision}`, remedy: "" };
}

const isKnown = (decision: string): decision is keyof typeof words =>
  Object.hasOwn(words, decision);

/** The roles that fulfil a minimum, lowest first; none if it is no role. */
export function sufficientRoles(minimum: Role): Role[] {
  return roles.filter((role) => atLeast(role, minimum));
}
