// What a handler demands beyond the rule of its RPC, for a request that asks for more than others do. A caller that
// lacks it is refused, told and recorded as by the rule itself.
import { type ContextValues, createContextKey } from "@connectrpc/connect";
import type { Call } from "./call.ts";
import { notDecided } from "./refusal.ts";
import { type Listeners, refuseLater } from "./report.ts";
import { atLeast, Role } from "./role.ts";

type Demand = (role: Role) => Promise<void>;

const demandKey = createContextKey<Demand | undefined>(undefined, {
  description: "refuses the call unless its caller holds a role",
});

/** Lets the handler of `call` demand a role. */
export function offerDemand(listeners: Listeners, call: Call, values: ContextValues): void {
  values.set(demandKey, async (role) => {
    if (atLeast(call.principal?.role ?? Role.PUBLIC, role)) return;
    const rule = call.rule && { ...call.rule, minRole: role };
    const { error, told } = refuseLater(listeners, { ...call, rule }, values)("ROLE_TOO_LOW");
    await told;
    throw error;
  });
}

/** Refuses the call with permission_denied unless its caller holds `role` or one above. */
export async function demandRole(values: ContextValues, role: Role): Promise<void> {
  const demand = values.get(demandKey);
  if (demand === undefined) throw notDecided();
  await demand(role);
}
