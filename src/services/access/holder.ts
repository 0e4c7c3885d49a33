// Who is known to hold a role, beside the caller, and what they may do.
import { notFound } from "../../domain/errors.ts";
import { decide } from "../../rbac/decide.ts";
import type { Principal } from "../../rbac/principal.ts";
import { atLeast, type Role } from "../../rbac/role.ts";
import type { Procedure, Rule } from "../../rbac/rule.ts";

/** A configured user: what a rule looks at, and how people name it. */
export type Holder = Pick<Principal, "id" | "name" | "role" | "component" | "procedures">;

/** All who are known. */
export interface Holders {
  readonly users: readonly Holder[];
  /** What tokens of a provider grant. */
  readonly grants: readonly {
    readonly issuer: string;
    readonly value: string;
    readonly role: Role;
  }[];
}

/** The configured user of that id or name, as a principal for questions alone. Throws not_found. */
export function userNamed({ users }: Holders, text: string): Principal {
  const user = users.find(({ id }) => id === text) ?? users.find(({ name }) => name === text);
  if (user === undefined) throw notFound(`no configured user "${text}"`);
  return asPrincipal(user);
}

/** The names of the configured users that may call `procedure` under `rule`, ordered. */
export function usersThatMay({ users }: Holders, rule: Rule, procedure: Procedure): string[] {
  return users
    .filter((user) => decide(rule, asPrincipal(user), procedure).allowed)
    .map(({ name }) => name)
    .sort();
}

/** What providers grant that fulfils the role of `rule`. */
export function grantsThatMay({ grants }: Holders, rule: Rule): Holders["grants"] {
  return grants.filter(({ role }) => atLeast(role, rule.minRole));
}

function asPrincipal(user: Holder): Principal {
  return { ...user, credential: { kind: "question", label: "" } };
}
